import { describe, expect, it } from 'vitest';
import { isJustLookedAt, lookDueAt } from './watch-times.js';

const noon = new Date('2026-03-01T12:00:00.000Z');
const at = (seconds: number) => new Date(noon.getTime() + seconds * 1_000);

describe('a watch of Git', () => {
  it.each([
    ['after its interval', at(-10), 30_000, at(20)],
    ['at most every second', noon, 0, at(1)],
    ['now, when the clock has been put back since', at(3_600), 30_000, noon],
  ])('is looked at again %s', (_sentence, checkedAt, intervalMs, due) => {
    expect(lookDueAt(checkedAt, intervalMs, noon)).toEqual(due);
  });

  it.each([
    ['waits for nobody a moment after a look', at(-4), true],
    ['is hurried a little later', at(-5), false],
    ['is hurried when the clock has been put back since', at(1), false],
  ])('%s', (_sentence, checkedAt, just) => {
    expect(isJustLookedAt(checkedAt, noon)).toBe(just);
  });
});
