import { describe, expect, it } from 'vitest';
import type { Move } from '../agents/simulated-agent.js';
import { indexMoves, judge } from './judge-moves.js';

const revision = 'main@sha1:1';
const rollout = { name: 'web', revision, askedAt: 0, endedAt: 5_000, waves: [['a'], ['b', 'c']] };

function move(pinnedAt: number, over: Partial<Move> = {}): Move {
  return { source: 'app', revision, pins: ['p'], pinnedAt, workMs: 1_000, doneAt: pinnedAt + 1_000, ...over };
}

const told = (change: Record<string, readonly Move[]>) =>
  judge(
    rollout,
    indexMoves(
      Object.entries({
        a: [move(100)],
        b: [move(1_300)],
        c: [move(1_400, { workMs: 1_500 })],
        ...change,
      }).map(([agent, moves]) => ({ agent, moves })),
    ),
  );

describe('what agents were told', () => {
  it('is judged by the slowest of each wave, and by the time between waves', () => {
    expect(told({})).toEqual({ overheadMs: 2_500, decisionsMs: [200], wholeWavesMs: [300], mistakes: [] });
  });

  it.each([
    ['a cluster without a pin', { b: [] }, 'web: b was skipped'],
    ['a pin that came again', { b: [move(1_300, { pins: ['p', 'q'] })] }, 'web: b was pinned 2 times'],
    ['a cluster that moved again', { b: [move(1_300), move(1_900)] }, 'web: b moved 2 times'],
    [
      'an end without the last report',
      { c: [move(1_400, { doneAt: undefined })] },
      'web: c was not waited for',
    ],
    [
      'a wave that began too early',
      { b: [move(900)] },
      'web: wave 2 began before the one before it was done',
    ],
  ])('%s is a mistake', (_, change, mistake) => {
    expect(told(change).mistakes).toEqual([mistake]);
  });
});
