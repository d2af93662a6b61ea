import { inventoryDigest, type InventoryEntry } from '@flotilla/common/inventory/inventory';
import { describe, expect, it } from 'vitest';
import { allowedDeletions, parseDeleteBudget, type DeleteBudget } from './delete-budget.js';
import { approvalAnnotation, budgetAnnotation, judgeDeletion } from './judge-deletion.js';

const standard: DeleteBudget = { unlimited: false, percent: 20, objects: 10 };

function entries(count: number, prefix = 'config'): InventoryEntry[] {
  return Array.from({ length: count }, (_, i) => ({ id: `default_${prefix}-${i}__ConfigMap`, v: 'v1' }));
}

function judge(stale: InventoryEntry[], managed: number, annotations?: Record<string, string>) {
  return judgeDeletion({ stale, managed, budget: standard, annotations });
}

describe('the text of a delete budget', () => {
  it.each<[string, DeleteBudget | undefined]>([
    ['20%/10', { unlimited: false, percent: 20, objects: 10 }],
    ['20%', { unlimited: false, percent: 20, objects: 0 }],
    ['0', { unlimited: false, percent: 0, objects: 0 }],
    [' 5 ', { unlimited: false, percent: 0, objects: 5 }],
    ['off', { unlimited: true }],
    ['', undefined],
    ['20%/', undefined],
    ['101%', undefined],
    ['/10', undefined],
    ['-1', undefined],
    ['ten', undefined],
  ])('%j is read', (text, expected) => {
    expect(parseDeleteBudget(text)).toEqual(expected);
  });

  it.each([
    [standard, 10, 10],
    [standard, 49, 10],
    [standard, 55, 11],
    [standard, 1_000, 200],
    [{ unlimited: true } as const, 5, Number.POSITIVE_INFINITY],
  ])('%j allows of %d objects %d', (budget, managed, expected) => {
    expect(allowedDeletions(budget, managed)).toBe(expected);
  });
});

describe('a prune', () => {
  it('within the budget goes ahead', () => {
    expect(judge(entries(10), 12)).toEqual({ allowed: true });
  });

  it('above the budget stops before the first deletion and lists what would go, with its digest', () => {
    const stale = entries(11);
    expect(judge(stale, 12)).toEqual({
      allowed: false,
      reason: 'DeleteBudgetExceeded',
      message: expect.stringMatching(
        new RegExp(
          `^11 of 12 objects .* allows 10; nothing was deleted[^]*${inventoryDigest(stale)}\nConfigMap/default/config-0\n`,
        ),
      ),
    });
  });

  it('is approved by the digest of exactly its list, in any order', () => {
    const stale = entries(11);
    const annotations = { [approvalAnnotation]: inventoryDigest(stale) };
    expect(judge(stale.toReversed(), 12, annotations)).toEqual({ allowed: true });
  });

  it.each([
    ['one object more', entries(12)],
    ['another object', [...entries(10), ...entries(1, 'other')]],
  ])('needs a new approval when %s would go', (_change, stale) => {
    const annotations = { [approvalAnnotation]: inventoryDigest(entries(11)) };
    expect(judge(stale, 40, annotations)).toMatchObject({ allowed: false });
  });

  it('keeps to the budget of its own Kustomization', () => {
    expect(judge(entries(11), 12, { [budgetAnnotation]: '95%' })).toEqual({ allowed: true });
    expect(judge(entries(1), 12, { [budgetAnnotation]: '0' })).toMatchObject({ allowed: false });
    expect(judge(entries(500), 500, { [budgetAnnotation]: 'off' })).toEqual({ allowed: true });
  });

  it('deletes nothing while the annotation is no budget, and says what is expected', () => {
    expect(judge(entries(1), 12, { [budgetAnnotation]: 'lots' })).toMatchObject({
      reason: 'InvalidDeleteBudget',
      message: expect.stringContaining('expected a number of objects'),
    });
  });

  it('names at most 200 objects and tells how many more there are', () => {
    const verdict = judge(entries(1_000), 1_000);
    expect(verdict).toMatchObject({ allowed: false, message: expect.stringMatching(/ and 800 more$/) });
  });
});
