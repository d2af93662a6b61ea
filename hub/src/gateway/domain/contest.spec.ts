import { describe, expect, it } from 'vitest';
import { beginContest, judgeContest } from './contest.js';
import type { Sighting } from './contest.js';

const heartbeatMs = 5_000;
type Seen = readonly [at: number, heard: number, present?: boolean];

/** Sightings as [seconds since the contest began, second in which the old session was heard last, present]. */
function judge(sightings: readonly Seen[]): string {
  let contest = beginContest(heartbeatMs);
  for (const [at, heard, present = true] of sightings) {
    const sighting: Sighting = { elapsedMs: at * 1000, heardAt: heard * 1000, present };
    const judged = judgeContest(contest, sighting, heartbeatMs);
    if (judged.verdict !== 'wait') return judged.verdict;
    contest = judged.contest;
  }
  return 'wait';
}

describe('the newcomer', () => {
  it.each<[string, Seen[], string]>([
    ['takes over at once when the old session is gone', [[0, 0, false]], 'take over'],
    [
      'waits while nothing is known',
      [
        [0, 0],
        [1, 0],
        [4, 0],
      ],
      'wait',
    ],
    [
      'takes over when the old session stays silent for longer than a living one may',
      [
        [0, 0],
        [2, 0],
        [8, 0],
      ],
      'take over',
    ],
    [
      'is no clone because of what was on its way when it dialled',
      [
        [0, 0],
        [1, 1],
        [2, 1],
        [8, 1],
      ],
      'take over',
    ],
    [
      'is no clone because of one late message',
      [
        [0, 0],
        [2, 0],
        [4, 4],
        [13, 4],
      ],
      'take over',
    ],
    [
      'is a clone when the old session goes on speaking',
      [
        [0, 0],
        [2, 0],
        [5, 5],
        [10, 10],
      ],
      'clone',
    ],
    [
      'takes over when the old session ends after a sign of life',
      [
        [0, 0],
        [2, 0],
        [5, 5],
        [6, 5, false],
      ],
      'take over',
    ],
    [
      'waits longer after a sign of life',
      [
        [0, 0],
        [2, 0],
        [5, 5],
        [9, 5],
      ],
      'wait',
    ],
  ])('%s', (_, sightings, expected) => {
    expect(judge(sightings)).toBe(expected);
  });
});
