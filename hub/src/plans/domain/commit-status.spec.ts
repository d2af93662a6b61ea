import { describe, expect, it } from 'vitest';
import { commitStatus } from './commit-status.js';
import type { PlanTotals } from './fold.js';

const actions = { Create: 0, Configure: 0, Delete: 0, Recreate: 0 };
const totals = (objects: number, clusters: number): PlanTotals => ({
  objects,
  clusters,
  actions,
  unchanged: 0,
  omitted: 0,
});
const broken = [
  { clusters: ['one'], kustomization: { namespace: 'f', name: 'apps' }, message: 'no such file' },
];

describe('the commit status of a plan', () => {
  it.each([
    [
      'pending while a cluster is asked',
      { Complete: 1, Waiting: 1 },
      totals(3, 1),
      [],
      'pending',
      'asking clusters what would change',
    ],
    ['a success with its extent', { Complete: 3 }, totals(12, 3), [], 'success', '12 objects on 3 clusters'],
    ['a success in the singular', { Complete: 1 }, totals(1, 1), [], 'success', '1 object on 1 cluster'],
    ['a success without changes', { Complete: 3 }, totals(0, 0), [], 'success', 'no changes'],
    [
      'a failure that is named',
      { Complete: 1, Failed: 1 },
      totals(2, 1),
      broken,
      'failure',
      '1 cluster Failed: Kustomization apps; 2 objects on 1 cluster',
    ],
    [
      'a failure of clusters that say nothing',
      { Refused: 1, Unreachable: 2 },
      totals(0, 0),
      [],
      'failure',
      '1 cluster Refused, 2 clusters Unreachable; no changes',
    ],
  ])('is %s', (_case, states, total, failures, state, description) => {
    expect(commitStatus(states, { totals: total, failures })).toEqual({ state, description });
  });
});
