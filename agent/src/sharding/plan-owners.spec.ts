import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planOwners } from './plan-owners.js';

const members = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1 });
const owners = fc.array(fc.option(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'gone')), {
  minLength: 1,
  maxLength: 20,
});

function loads(plan: ReadonlyArray<string | null>, names: readonly string[]): number[] {
  return names.map((name) => plan.filter((owner) => owner === name).length);
}

describe('planOwners', () => {
  it('gives every shard to a member, and no member two more than another', () => {
    fc.assert(
      fc.property(members, owners, (names, now) => {
        const plan = planOwners(names, now);
        for (const owner of plan) expect(names).toContain(owner);
        const spread = loads(plan, names);
        expect(Math.max(...spread) - Math.min(...spread)).toBeLessThan(2);
      }),
    );
  });

  it('does not know the order of the members, and changes nothing in its own plan', () => {
    fc.assert(
      fc.property(members, owners, (names, now) => {
        const plan = planOwners(names, now);
        expect(planOwners(names.toReversed(), now)).toEqual(plan);
        expect(planOwners(names, plan)).toEqual(plan);
      }),
    );
  });

  it('moves only the shards of a member that goes', () => {
    fc.assert(
      fc.property(members, owners, (names, now) => {
        const before = planOwners(names, now);
        const [gone, ...rest] = names;
        if (rest.length === 0) return;
        const after = planOwners(rest, before);
        for (const [shard, owner] of before.entries()) if (owner !== gone) expect(after[shard]).toBe(owner);
      }),
    );
  });

  it('moves to a member that comes no more than its share', () => {
    fc.assert(
      fc.property(members, owners, (names, now) => {
        const before = planOwners(names, now);
        const after = planOwners([...names, 'new'], before);
        const moved = after.filter((owner, shard) => owner !== before[shard]);
        expect(moved.every((owner) => owner === 'new')).toBe(true);
        expect(moved.length).toBe(Math.floor(before.length / (names.length + 1)));
      }),
    );
  });

  it('leaves the shards to nobody when there is no member', () => {
    expect(planOwners([], ['a', null])).toEqual([null, null]);
  });
});
