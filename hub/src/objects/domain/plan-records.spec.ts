import { describe, expect, it } from 'vitest';
import { planRecords } from './plan-records.js';
import type { NumberedRecord } from './plan-records.js';

const event = (sequence: bigint): NumberedRecord => ({ sequence });
const gap = (sequence: bigint, first: bigint, last: bigint): NumberedRecord => ({
  sequence,
  gap: { first, last },
});

describe('a batch of records', () => {
  it.each<
    [
      string,
      bigint | undefined,
      NumberedRecord[],
      { stored: bigint[]; holes: string[]; acknowledged: bigint },
    ]
  >([
    ['in order is stored', 0n, [event(1n), event(2n)], { stored: [1n, 2n], holes: [], acknowledged: 2n }],
    [
      'goes on after the held number',
      2n,
      [event(2n), event(3n)],
      { stored: [3n], holes: [], acknowledged: 3n },
    ],
    [
      'that is all known stores nothing',
      5n,
      [event(4n), event(5n)],
      { stored: [], holes: [], acknowledged: 5n },
    ],
    [
      'that repeats itself is stored once',
      0n,
      [event(1n), event(1n)],
      { stored: [1n], holes: [], acknowledged: 1n },
    ],
    [
      'with a hole names it',
      0n,
      [event(1n), event(4n)],
      { stored: [1n, 4n], holes: ['2-3'], acknowledged: 4n },
    ],
    ['after a hole names it', 1n, [event(4n)], { stored: [4n], holes: ['2-3'], acknowledged: 4n }],
    [
      'with a gap in the place of what was dropped has no hole',
      1n,
      [gap(4n, 2n, 4n), event(5n)],
      { stored: [4n, 5n], holes: [], acknowledged: 5n },
    ],
    [
      'with a gap under a number of its own has no hole',
      1n,
      [gap(5n, 2n, 4n)],
      { stored: [5n], holes: [], acknowledged: 5n },
    ],
    [
      'with a gap that does not reach back far enough names the rest',
      1n,
      [gap(6n, 4n, 6n)],
      { stored: [6n], holes: ['2-3'], acknowledged: 6n },
    ],
    [
      'of an unknown spool begins where it begins',
      undefined,
      [event(40n), event(41n)],
      { stored: [40n, 41n], holes: [], acknowledged: 41n },
    ],
    ['that is empty changes nothing', 7n, [], { stored: [], holes: [], acknowledged: 7n }],
  ])('%s', (_, acknowledged, batch, expected) => {
    const plan = planRecords(acknowledged, batch);
    expect({
      stored: plan.store.map(({ sequence }) => sequence),
      holes: plan.holes.map(({ first, last }) => `${first}-${last}`),
      acknowledged: plan.acknowledged,
    }).toEqual(expected);
  });
});
