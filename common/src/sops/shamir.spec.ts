import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combineShares } from './shamir.js';
import { splitSecret } from './sops-encryptor.fixture.js';

const secrets = fc.uint8Array({ minLength: 1, maxLength: 40 });

describe('combineShares', () => {
  it('restores any secret from as many shares as the threshold, whichever they are, and from more', () => {
    fc.assert(
      fc.property(
        secrets,
        fc.integer({ min: 2, max: 6 }),
        fc.integer({ min: 0, max: 4 }),
        fc.nat(),
        (secret, threshold, more, turn) => {
          const shares = splitSecret(secret, threshold + more, threshold);
          const at = turn % shares.length;
          const rotated = [...shares.slice(at), ...shares.slice(0, at)];
          expect(combineShares(rotated.slice(0, threshold))).toEqual(secret);
          expect(combineShares(rotated)).toEqual(secret);
        },
      ),
    );
  });

  it('does not restore it from fewer', () => {
    const secret = new Uint8Array(32).fill(7);
    expect(combineShares(splitSecret(secret, 3, 3).slice(1))).not.toEqual(secret);
  });

  it.each<[string, number[][]]>([
    ['one share', [[1, 2]]],
    [
      'shares of different length',
      [
        [1, 2],
        [1, 2, 3],
      ],
    ],
    [
      'the same share twice',
      [
        [1, 2, 5],
        [3, 4, 5],
      ],
    ],
    [
      'a share at zero, where the secret itself is',
      [
        [1, 2, 0],
        [3, 4, 5],
      ],
    ],
    ['shares without content', [[1], [2]]],
  ])('refuses %s', (_what, shares) => {
    expect(() => combineShares(shares.map((share) => Uint8Array.from(share)))).toThrow(/part/);
  });
});
