import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Condition } from '../kube/condition.js';
import {
  removeCondition,
  getCondition,
  isConditionTrue,
  markReconciling,
  markStalled,
  setCondition,
  sortConditions,
} from './conditions.js';
import { summarizeSource } from './summarize-source.js';
import { truncateMessage } from './truncate-message.js';

const before = '2026-01-01T00:00:00Z';
const now = new Date('2026-01-02T03:04:05.678Z');

function condition(
  type: string,
  status: Condition['status'] = 'True',
  more: Partial<Condition> = {},
): Condition {
  return { type, status, reason: 'R', message: 'm', lastTransitionTime: before, ...more };
}

describe('setCondition (flux-compat 1.1)', () => {
  const old = [condition('Ready', 'True', { observedGeneration: 1 })];

  it('adds a condition with the time in whole seconds', () => {
    expect(setCondition([], { type: 'Ready', status: 'True', reason: 'R', message: 'm' }, now)).toEqual([
      condition('Ready', 'True', { lastTransitionTime: '2026-01-02T03:04:05Z' }),
    ]);
  });

  it.each<[string, Partial<Condition>]>([
    ['status', { status: 'False' }],
    ['reason', { reason: 'Other' }],
    ['message', { message: 'other' }],
  ])('moves the time when the %s changes', (_field, change) => {
    const wanted = { ...old[0]!, ...change };
    expect(setCondition(old, wanted, now)).toEqual([
      { ...wanted, lastTransitionTime: '2026-01-02T03:04:05Z' },
    ]);
  });

  it('keeps the time when only the generation changes', () => {
    expect(setCondition(old, { ...old[0]!, observedGeneration: 2 }, now)).toEqual([
      condition('Ready', 'True', { observedGeneration: 2 }),
    ]);
  });

  it('gives the same list when nothing changes', () => {
    expect(setCondition(old, { ...old[0]! }, now)).toBe(old);
  });

  it('does not touch the list that it was given', () => {
    setCondition(old, { ...old[0]!, status: 'False' }, now);
    expect(old).toEqual([condition('Ready', 'True', { observedGeneration: 1 })]);
  });

  it('compares the message as it is stored, cut', () => {
    const wanted = { type: 'Ready', status: 'False', reason: 'R', message: 'x'.repeat(40_000) } as const;
    const list = setCondition([], wanted, now);
    expect(setCondition(list, wanted, new Date(0))).toBe(list);
  });
});

describe('the rest of the list', () => {
  it('is ordered: Stalled, Reconciling, Ready, then higher generation, then type (flux-compat 1.1)', () => {
    const list = [
      condition('Zeta', 'True', { observedGeneration: 3 }),
      condition('Beta', 'True', { observedGeneration: 2 }),
      condition('Alpha', 'True', { observedGeneration: 2 }),
      condition('Healthy'),
      condition('Ready'),
      condition('Reconciling'),
      condition('Stalled'),
    ];
    const order = ['Stalled', 'Reconciling', 'Ready', 'Zeta', 'Alpha', 'Beta', 'Healthy'];
    expect(sortConditions(list).map(({ type }) => type)).toEqual(order);
    expect(sortConditions(list.toReversed()).map(({ type }) => type)).toEqual(order);
  });

  it('can be read and shortened', () => {
    const list = [condition('Ready', 'False'), condition('Healthy')];
    expect(getCondition(list, 'Healthy')).toBe(list[1]);
    expect(getCondition(list, 'Nope')).toBeUndefined();
    expect(isConditionTrue(list, 'Healthy')).toBe(true);
    expect(isConditionTrue(list, 'Ready')).toBe(false);
    expect(removeCondition(list, 'Healthy', 'Nope')).toEqual([list[0]]);
    expect(removeCondition(list, 'Nope')).toBe(list);
  });

  it('never has Reconciling and Stalled together', () => {
    const said = { reason: 'Progressing', message: 'x' };
    const stalled = markStalled([condition('Reconciling')], said, now);
    expect(stalled.map(({ type }) => type)).toEqual(['Stalled']);
    expect(markReconciling(stalled, said, now).map(({ type }) => type)).toEqual(['Reconciling']);
  });
});

describe('truncateMessage (flux-compat 1.1)', () => {
  it.each<[string, string, string]>([
    ['leaves 32768 bytes alone', 'x'.repeat(32768), 'x'.repeat(32768)],
    ['cuts one byte more', 'x'.repeat(32769), `${'x'.repeat(32765)}...`],
    ['cuts before a character that does not fit', `${'x'.repeat(32764)}éééé`, `${'x'.repeat(32764)}...`],
    ['counts bytes, not characters', '😀'.repeat(8193), `${'😀'.repeat(8191)}...`],
  ])('%s', (_name, message, cut) => expect(truncateMessage(message)).toBe(cut));

  it('never exceeds the limit and never breaks a character', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('é'.repeat(999), '😀'.repeat(777), 'x', '日'), {
          minLength: 1,
          maxLength: 60,
        }),
        (parts) => {
          const cut = truncateMessage(parts.join(''));
          expect(new TextEncoder().encode(cut).length).toBeLessThanOrEqual(32768);
          expect(cut).not.toContain('\ufffd');
        },
      ),
    );
  });
});

describe('summarizeSource (flux-compat 2.2)', () => {
  const stored = condition('ArtifactInStorage', 'True', { reason: 'Succeeded', message: 'stored' });
  const of = (type: string) => condition(type, 'True', { reason: `${type}Reason`, message: type });
  const all = [
    'StorageOperationFailed',
    'FetchFailed',
    'IncludeUnavailable',
    'ArtifactOutdated',
    'Stalled',
    'Reconciling',
  ];

  it.each(all.map((type, index) => [type, all.slice(index)] as const))(
    '%s comes before all behind it',
    (type, types) => {
      expect(summarizeSource([stored, ...types.map(of)].toReversed(), 'IncludeUnavailable')).toEqual({
        status: 'False',
        reason: `${type}Reason`,
        message: type,
      });
    },
  );

  it.each<[string, Condition[], ReturnType<typeof summarizeSource>]>([
    [
      'says what ArtifactInStorage says',
      [stored],
      { status: 'True', reason: 'Succeeded', message: 'stored' },
    ],
    [
      'ignores abnormal conditions that are not True',
      [stored, condition('FetchFailed', 'False')],
      { status: 'True', reason: 'Succeeded', message: 'stored' },
    ],
    [
      'ignores a good verification',
      [stored, condition('SourceVerified')],
      { status: 'True', reason: 'Succeeded', message: 'stored' },
    ],
    [
      'lets a failed verification beat all',
      [stored, of('FetchFailed'), condition('SourceVerified', 'False', { reason: 'V', message: 'v' })],
      { status: 'False', reason: 'V', message: 'v' },
    ],
    [
      'ignores a condition of another kind',
      [stored, of('IncludeUnavailable')],
      { status: 'True', reason: 'Succeeded', message: 'stored' },
    ],
    [
      'passes on a missing artifact',
      [condition('ArtifactInStorage', 'False')],
      { status: 'False', reason: 'R', message: 'm' },
    ],
    ['has nothing to say without conditions', [], undefined],
  ])('%s', (_name, conditions, summary) => expect(summarizeSource(conditions)).toEqual(summary));

  it('knows the condition of charts', () => {
    expect(summarizeSource([stored, of('BuildFailed')], 'BuildFailed')?.reason).toBe('BuildFailedReason');
  });
});
