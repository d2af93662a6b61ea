import { describe, expect, it } from 'vitest';
import { planPins, type GovernedSource, type SourceFact } from './plan-pins.js';

const source = { kind: 'GitRepository', namespace: 'flux-system', name: 'apps' };
const other = { ...source, name: 'other' };
const governed: GovernedSource = { clusterId: 'c1', source, pipeline: 'shop', environment: 'prod' };
const free: SourceFact = { clusterId: 'c1', source, revision: 'main@sha1:1', pinned: false, isMoving: false };

describe('a source of a governed environment', () => {
  it('is kept where it is', () => {
    const { pin, unpin } = planPins([governed], [free]);
    expect(pin).toEqual([
      {
        clusterId: 'c1',
        source,
        revision: 'main@sha1:1',
        reason: 'pipeline shop says when environment prod moves; kept where it was',
        requestedBy: 'hub',
        rolloutId: null,
      },
    ]);
    expect(unpin).toEqual([]);
  });

  it.each<[string, SourceFact]>([
    ['has a pin already', { ...free, pinned: true }],
    ['has a pin of a rollout that runs', { ...free, pinned: true, isMoving: true }],
    ['has no artifact yet, or nobody tells', { ...free, revision: '' }],
    ['is another source', { ...free, source: other }],
    ['is of another cluster', { ...free, clusterId: 'c2' }],
  ])('is left alone when it %s', (_case, fact) =>
    expect(planPins([governed], [fact])).toEqual({ pin: [], unpin: [] }),
  );
});

describe('a source that no pipeline moves any more', () => {
  it('is let go', () => {
    expect(planPins([], [{ ...free, pinned: true }])).toEqual({
      pin: [],
      unpin: [{ clusterId: 'c1', source }],
    });
  });

  it('is let go only when its rollout has ended', () => {
    expect(planPins([], [{ ...free, pinned: true, isMoving: true }]).unpin).toEqual([]);
  });

  it('is let go also while its cluster is away', () => {
    expect(planPins([], [{ ...free, revision: '', pinned: true }]).unpin).toHaveLength(1);
  });
});
