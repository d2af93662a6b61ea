import { describe, expect, it } from 'vitest';
import type { Freshness } from './freshness.js';
import type { Follower } from './where.js';
import { whereOnCluster } from './where.js';

const query = { text: 'ccccccc', digits: 'ccccccc' };
const wanted = 'main@sha1:cccccccccc';
const older = 'main@sha1:aaaaaaaaaa';
const later = 'main@sha1:dddddddddd';
const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 12, minute));
const source = {
  kind: 'GitRepository',
  namespace: 'flux-system',
  name: 'fleet',
  sync: 'Synced',
  reason: 'Succeeded',
  message: 'stored artifact',
  revision: wanted,
} as const;

function follower(name: string, change: Partial<Follower> = {}): Follower {
  return {
    kind: 'Kustomization',
    count: 1,
    namespace: 'flux-system',
    name,
    sync: 'Synced',
    reason: 'ReconciliationSucceeded',
    message: 'applied',
    revision: wanted,
    attemptedRevision: wanted,
    changedAt: at(1),
    passedAt: null,
    source,
    ...change,
  };
}

const broken = { sync: 'Failed', reason: 'BuildFailed', message: 'broken', revision: older } as const;
const fetchFailed = {
  ...source,
  sync: 'Failed',
  reason: 'GitOperationFailed',
  message: 'no route',
  revision: older,
} as const;

type Row = readonly [string, Freshness, readonly Follower[], string, [number, number], readonly string[]];
const rows: readonly Row[] = [
  ['no follower: nothing is known', 'Live', [], 'Unknown', [0, 0], []],
  ['all applied it: reached', 'Live', [follower('a'), follower('b')], 'Reached', [2, 2], []],
  [
    'one of two applied it: partial',
    'Live',
    [follower('a'), follower('b', { revision: older, attemptedRevision: older })],
    'Partial',
    [1, 2],
    [],
  ],
  [
    'none applied it: behind',
    'Live',
    [follower('a', { revision: older, attemptedRevision: older })],
    'Behind',
    [0, 1],
    [],
  ],
  [
    'never applied anything: behind',
    'Live',
    [follower('a', { revision: '', attemptedRevision: '', source: null })],
    'Behind',
    [0, 1],
    [],
  ],
  [
    'being applied: behind',
    'Live',
    [follower('a', { revision: older, sync: 'Progressing' })],
    'Behind',
    [0, 1],
    [],
  ],
  ['the attempt failed: failed', 'Live', [follower('a', { ...broken })], 'Failed', [0, 1], ['a']],
  [
    'one failed, one applied it: failed',
    'Live',
    [follower('a'), follower('b', { ...broken })],
    'Failed',
    [1, 2],
    ['b'],
  ],
  [
    'it failed before the attempt was recorded, but the source holds it: failed',
    'Live',
    [follower('a', { ...broken, attemptedRevision: older })],
    'Failed',
    [0, 1],
    ['a'],
  ],
  [
    'it fails on an older commit, and the source does not hold this one: behind',
    'Live',
    [follower('a', { ...broken, attemptedRevision: older, source: { ...source, revision: older } })],
    'Behind',
    [0, 1],
    [],
  ],
  [
    'the source cannot fetch: failed, and the source is named once',
    'Live',
    [
      follower('a', { revision: older, attemptedRevision: older, source: fetchFailed }),
      follower('b', { revision: older, attemptedRevision: older, source: fetchFailed }),
    ],
    'Failed',
    [0, 2],
    ['fleet'],
  ],
  [
    'the source fails now, but all have applied it: reached',
    'Live',
    [follower('a', { source: fetchFailed })],
    'Reached',
    [1, 1],
    [],
  ],
  [
    'applied, but failing since on the same commit: reached',
    'Live',
    [follower('a', { sync: 'Failed' })],
    'Reached',
    [1, 1],
    [],
  ],
  [
    'moved on to a later commit: reached',
    'Live',
    [follower('a', { revision: later, attemptedRevision: later, passedAt: at(2) })],
    'Reached',
    [1, 1],
    [],
  ],
  [
    'a later commit failed, this one had been applied: reached',
    'Live',
    [follower('a', { ...broken, attemptedRevision: later, revision: wanted })],
    'Reached',
    [1, 1],
    [],
  ],
  [
    'suspended before it came: behind',
    'Live',
    [follower('a', { sync: 'OutOfSync', revision: older, attemptedRevision: older })],
    'Behind',
    [0, 1],
    [],
  ],
  [
    'stale: the last word counts, freshness says how old it is',
    'Stale',
    [follower('a', { revision: older, attemptedRevision: older })],
    'Behind',
    [0, 1],
    [],
  ],
  [
    'lost before it came: unknown, never behind',
    'Lost',
    [follower('a', { revision: older, attemptedRevision: older })],
    'Unknown',
    [0, 1],
    [],
  ],
  [
    'lost half-way: unknown',
    'Lost',
    [follower('a'), follower('b', { revision: older, attemptedRevision: older })],
    'Unknown',
    [1, 2],
    [],
  ],
  ['lost after it came: it has been reached', 'Lost', [follower('a')], 'Reached', [1, 1], []],
];

describe('where a commit is on a cluster', () => {
  it.each(rows)('%s', (_sentence, freshness, followers, state, [reached, total], failed) => {
    const decision = whereOnCluster(query, freshness, followers);
    expect(decision).toMatchObject({ state, objects: { reached, total } });
    expect(decision.failed.map(({ name }) => name)).toEqual(failed);
  });

  it('is dated by the last arrival, and only when all have arrived', () => {
    const early = follower('a', { passedAt: at(3) });
    const late = follower('b', { passedAt: at(9) });
    const missing = follower('c', { revision: older, attemptedRevision: older });
    expect(whereOnCluster(query, 'Live', [late, early]).reachedAt).toEqual(at(9));
    expect(whereOnCluster(query, 'Live', [follower('a')]).reachedAt).toEqual(at(1));
    expect(whereOnCluster(query, 'Live', [early, missing]).reachedAt).toBeNull();
  });

  it('counts Kustomizations that are alike', () => {
    const followers = [
      follower('', { count: 40 }),
      follower('', { count: 9, revision: older, attemptedRevision: older }),
    ];
    expect(whereOnCluster(query, 'Live', followers)).toMatchObject({
      state: 'Partial',
      objects: { reached: 40, total: 49 },
    });
  });

  it('names an obstacle with its reason and message', () => {
    expect(whereOnCluster(query, 'Live', [follower('a', { ...broken })]).failed).toEqual([
      {
        kind: 'Kustomization',
        namespace: 'flux-system',
        name: 'a',
        reason: 'BuildFailed',
        message: 'broken',
      },
    ]);
  });
});
