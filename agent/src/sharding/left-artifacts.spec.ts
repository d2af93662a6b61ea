import { beforeEach, describe, expect, it } from 'vitest';
import type { ObjectCache } from '../runtime/cache.js';
import { createFakeClock } from '../runtime/fake-clock.js';
import { LeftArtifacts } from './left-artifacts.js';
import { OwnedShards } from './owned-shards.js';

const source = { apiVersion: 'source/v1', kind: 'GitRepository', metadata: { namespace: 'a', name: 'b' } };
const caches: readonly ObjectCache[] = [
  { synced: true, get: () => source, list: () => [source], subscribe: () => () => undefined },
];
const clock = createFakeClock();
let removed: string[];
let owned: OwnedShards;
let artifacts: LeftArtifacts;

beforeEach(() => {
  removed = [];
  owned = new OwnedShards(1, clock);
  const removeAll = async ({ name }: { name: string }): Promise<boolean> => removed.push(name) > 0;
  artifacts = new LeftArtifacts({ artifacts: { removeAll }, owned, clock, keepMs: 60_000 });
});

describe('artifacts of a shard that has gone', () => {
  it('stay for as long as consumers may come for them, then they go', async () => {
    artifacts.left(0, caches);
    await clock.advance(59_999);
    expect(removed).toEqual([]);
    await clock.advance(1);
    expect(removed).toEqual(['b']);
  });

  it('stay when the shard has come back', async () => {
    artifacts.left(0, caches);
    owned.show(0);
    await clock.advance(60_000);
    expect(removed).toEqual([]);
  });

  it('leave no timer behind when the agent stops', () => {
    artifacts.left(0, caches);
    const before = clock.pending;
    artifacts.stop();
    expect(clock.pending).toBe(before - 1);
  });
});
