import { describe, expect, it } from 'vitest';
import { healthStates, syncStates } from './axes.js';
import type { ClusterFacts, ObjectCounts } from './cluster-rollup.js';
import {
  clusterReason,
  healthOrder,
  isClusterReady,
  strongestIntent,
  syncOrder,
  worstHealth,
  worstSync,
} from './cluster-rollup.js';

const now = new Date('2026-01-01T12:00:00Z');
const before = (seconds: number) => new Date(now.getTime() - seconds * 1000);
const counts: ObjectCounts = {
  total: 5,
  good: 5,
  failed: 0,
  suspended: 0,
  progressing: 0,
  outOfSync: 0,
  unknown: 0,
};
const good: ClusterFacts = {
  sync: 'Synced',
  health: 'Healthy',
  freshness: 'Live',
  refusal: null,
  confirmedAt: before(3),
  counts,
  failure: null,
};
const buildFailed = {
  name: 'Kustomization/flux-system/apps',
  reason: 'BuildFailed',
  message: 'kustomize build failed: no such file\nmore',
};

describe('the roll-up of a cluster', () => {
  it.each([
    [[], 'Unknown'],
    [['Synced', 'Synced'], 'Synced'],
    [['Synced', 'Progressing'], 'Progressing'],
    [['Progressing', 'OutOfSync'], 'OutOfSync'],
    [['OutOfSync', 'Unknown'], 'Unknown'],
    [['Unknown', 'Failed', 'Synced'], 'Failed'],
  ] as const)('of sync %j is the worst: %s', (states, expected) => {
    expect(worstSync(states)).toBe(expected);
  });

  it.each([
    [[], 'Unknown'],
    [['Healthy'], 'Healthy'],
    [['Healthy', 'Suspended'], 'Suspended'],
    [['Suspended', 'Progressing'], 'Progressing'],
    [['Progressing', 'Unknown'], 'Unknown'],
    [['Unknown', 'Unhealthy', 'Healthy'], 'Unhealthy'],
  ] as const)('of health %j is the worst: %s', (states, expected) => {
    expect(worstHealth(states)).toBe(expected);
  });

  it('ranks every state', () => {
    expect([...syncOrder].sort()).toEqual([...syncStates].sort());
    expect([...healthOrder].sort()).toEqual([...healthStates].sort());
  });

  it('is suspended as soon as one object is', () => {
    expect(strongestIntent([])).toBe('Following');
    expect(strongestIntent(['Held', 'Following', 'Deferred'])).toBe('Held');
    expect(strongestIntent(['Suspended', 'Frozen'])).toBe('Suspended');
  });
});

const rows: readonly (readonly [string, Partial<ClusterFacts>, boolean, string])[] = [
  ['a live cluster with good objects is ready', {}, true, ''],
  [
    'a revoked cluster never is',
    { refusal: 'stolen laptop' },
    false,
    'its identity has been revoked: stolen laptop',
  ],
  ['nor one that was revoked without a reason', { refusal: '' }, false, 'its identity has been revoked'],
  [
    'a cluster that never reported is not',
    { freshness: 'Lost', confirmedAt: null, counts: { ...counts, total: 0, good: 0 } },
    false,
    'its agent has not reported yet',
  ],
  [
    'a stale cluster is not, however good its objects were',
    { freshness: 'Stale', confirmedAt: before(25) },
    false,
    'its agent has not reported for 25 s',
  ],
  [
    'a lost cluster says for how long, in minutes',
    { freshness: 'Lost', confirmedAt: before(600) },
    false,
    'its agent has not reported for 10 min',
  ],
  [
    'in hours',
    { freshness: 'Lost', confirmedAt: before(10_800) },
    false,
    'its agent has not reported for 3 h',
  ],
  [
    'in days',
    { freshness: 'Lost', confirmedAt: before(1_000_000) },
    false,
    'its agent has not reported for 11 days',
  ],
  [
    'a cluster without objects is not',
    { counts: { ...counts, total: 0, good: 0 } },
    false,
    'its agent reports no objects',
  ],
  [
    'a failure names the object, its reason and the first line',
    { counts: { ...counts, good: 4, failed: 1 }, failure: buildFailed },
    false,
    '1 of 5 objects failed: Kustomization/flux-system/apps BuildFailed: kustomize build failed: no such file',
  ],
  [
    'a failure without an example is counted',
    { counts: { ...counts, good: 3, failed: 2 } },
    false,
    '2 of 5 objects failed',
  ],
  [
    'the rest is counted, worst first',
    { counts: { ...counts, good: 1, unknown: 1, outOfSync: 1, progressing: 1, suspended: 1 } },
    false,
    'of 5 objects 1 unknown, 1 out of sync, 1 progressing, 1 suspended',
  ],
  [
    'a suspended object keeps a cluster from being ready',
    { counts: { ...counts, good: 4, suspended: 1 } },
    false,
    'of 5 objects 1 suspended',
  ],
];

describe('whether a cluster is ready, and why not', () => {
  it.each(rows)('%s', (_sentence, change, ready, reason) => {
    const facts = { ...good, ...change };
    expect(isClusterReady(facts)).toBe(ready);
    expect(clusterReason(facts, now)).toBe(reason);
  });

  it('cuts long messages', () => {
    const facts = {
      ...good,
      counts: { ...counts, good: 4, failed: 1 },
      failure: { ...buildFailed, message: 'x'.repeat(5_000) },
    };
    expect(clusterReason(facts, now).length).toBeLessThan(300);
  });
});
