import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rendezvousOwner } from './rendezvous.js';

const keys = Array.from({ length: 3000 }, (_, i) => `Kustomization/ns-${i % 7}/app-${i}`);

describe('rendezvousOwner', () => {
  it('has no answer without members', () => expect(rendezvousOwner('a', [])).toBeUndefined());

  it('is always one of the members and does not know their order', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 6 }),
        (key, members) => {
          const owner = rendezvousOwner(key, members)!;
          expect(members).toContain(owner);
          expect(rendezvousOwner(key, members.toReversed())).toBe(owner);
        },
      ),
    );
  });

  it('is the same in every version of the program', () => {
    expect(
      keys
        .slice(0, 8)
        .map((key) => rendezvousOwner(key, ['a', 'b', 'c']))
        .join(''),
    ).toBe('bbcbabaa');
  });

  it('spreads keys evenly', () => {
    const members = ['agent-0', 'agent-1', 'agent-2', 'agent-3'];
    const counts = members.map(
      (member) => keys.filter((key) => rendezvousOwner(key, members) === member).length,
    );
    for (const count of counts) expect(Math.abs(count - 750)).toBeLessThan(90);
  });

  it('moves only the keys of a member that goes', () => {
    const before = ['agent-0', 'agent-1', 'agent-2'];
    for (const key of keys) {
      const owner = rendezvousOwner(key, before);
      if (owner !== 'agent-1') expect(rendezvousOwner(key, ['agent-0', 'agent-2'])).toBe(owner);
    }
  });
});
