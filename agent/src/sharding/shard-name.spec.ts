import { describe, expect, it } from 'vitest';
import { shardNameOf } from './shard-name.js';

describe('the shard that an agent is for the hub', () => {
  it.each([
    [undefined, ''],
    ['', ''],
    ['!sharding.fluxcd.io/key', ''],
    ['sharding.fluxcd.io/key=shard1', 'shard1'],
    ['sharding.fluxcd.io/key==shard1', 'shard1'],
    ['sharding.fluxcd.io/key in (shard1)', 'shard1'],
    ['sharding.fluxcd.io/key in (shard1,shard2)', 'sharding.fluxcd.io/key in (shard1,shard2)'],
    ['team=a', 'team=a'],
    ['sharding.fluxcd.io/key=shard1,team=a', 'sharding.fluxcd.io/key=shard1,team=a'],
  ])('8.3: with the selector %s is "%s"', (selector, name) => {
    expect(shardNameOf(selector)).toBe(name);
  });
});
