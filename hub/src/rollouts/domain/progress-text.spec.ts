import { describe, expect, it } from 'vitest';
import { progressText } from './progress-text.js';

const running = {
  id: 'r1',
  state: 'Running',
  reason: '',
  wave: 'canary',
  waveNumber: 1,
  waves: 3,
  clusters: { Done: 1, Moving: 2, Pending: 9 },
  frozen: null,
} as const;

describe('how far a rollout is', () => {
  it.each([
    [
      'names the rollout, the wave and the clusters',
      {},
      'rollout r1: wave canary (1 of 3), 1 of 12 clusters done',
    ],
    [
      'tells failed and deferred ones, and leaves out who has left',
      { clusters: { Done: 1, Failed: 1, Deferred: 2, Dropped: 5 } },
      'rollout r1: wave canary (1 of 3), 1 of 4 clusters done, 1 failed, 2 deferred',
    ],
    [
      'before its first wave',
      { state: 'Pending', wave: null, waveNumber: null, clusters: { Pending: 1 } },
      'rollout r1: 0 of 1 cluster done',
    ],
    [
      'while it is paused',
      { state: 'Paused', reason: 'paused by ada: lunch' },
      'rollout r1 is paused (paused by ada: lunch): wave canary (1 of 3), 1 of 12 clusters done',
    ],
    [
      'names the freeze that holds it, with its end',
      { frozen: 'frozen by "sale" until 2026-03-01T12:00:00.000Z: nobody is on call' },
      'rollout r1: wave canary (1 of 3), 1 of 12 clusters done; frozen by "sale" until 2026-03-01T12:00:00.000Z: nobody is on call',
    ],
    [
      'says for whom the next wave waits',
      { reason: 'no cluster has taken the revision yet' },
      'rollout r1: wave canary (1 of 3), 1 of 12 clusters done; no cluster has taken the revision yet',
    ],
    [
      'on the way back',
      { state: 'RollingBack', clusters: { RolledBack: 1, RollingBack: 1, Done: 1, Skipped: 4 } },
      'rollout r1: rolls back, 1 of 3 clusters back',
    ],
  ] as const)('%s', (_sentence, change, text) => {
    expect(progressText({ ...running, ...change })).toBe(text);
  });
});
