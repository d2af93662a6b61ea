import { describe, expect, it } from 'vitest';
import { isIdBeginning, isWholeId, shortIds } from './short-ids.js';

const [a, b, c] = [
  '0199d0c4-7d1c-7f5e-9c54-0d3f0e5a1b2c',
  '0199d0c4-7d1d-7f5e-9c54-0d3f0e5a1b2c',
  '0199d0c4-7d1c-7abc-9c54-0d3f0e5a1b2c',
] as const;

describe('ids for people', () => {
  it.each<[string, readonly string[], string]>([
    ['of two milliseconds', [a, b], '0199d0c4-7d1c'],
    ['of the same millisecond', [a, b, c], '0199d0c4-7d1c-7f5e'],
    ['alone', [a], '0199d0c4-7d1c'],
    ['that differ at their ends', [a, `${a.slice(0, 35)}d`], a],
    ['twice', [a, a], '0199d0c4-7d1c'],
  ])('%s are as long as they have to be', (_name, ids, text) => expect(shortIds(ids)(a)).toBe(text));

  it.each<[string, boolean]>([
    ['0199', true],
    [a, true],
    [a.toUpperCase(), true],
    ['0199d0c4-7d1c-', true],
    ['019', false],
    ['0199d0c47d1c', false],
    ['shop-7', false],
    [`${a}0`, false],
    ['cafe-1', false],
    ['4f1c9b2e7a6d', false],
  ])('%s may be the beginning of one: %s', (text, may) => expect(isIdBeginning(text)).toBe(may));

  it('are whole with all 36 characters', () => {
    expect(isWholeId(a)).toBe(true);
    expect(isWholeId(a.slice(0, 35))).toBe(false);
  });
});
