// What the agents were told, held against what the rollouts were to tell them.
import type { MovesOf } from '../agents/agent-calls.js';
import type { Move } from '../agents/simulated-agent.js';

/** A rollout that has ended. Times in milliseconds since 1970. */
export interface EndedRollout {
  readonly name: string;
  readonly revision: string;
  /** When its release was asked for, and when its promotion had ended. */
  readonly askedAt: number;
  readonly endedAt: number;
  /** Clusters of each wave. */
  readonly waves: readonly (readonly string[])[];
}

export interface Judgement {
  /** Time beyond what the workloads would have taken with nobody deciding: of each wave the slowest. */
  readonly overheadMs: number;
  /** From the last report of a wave to the first pin of the next, as the agents saw it. */
  readonly decisionsMs: readonly number[];
  /** From the last report of a wave to the last pin of the next. */
  readonly wholeWavesMs: readonly number[];
  /** `rollout: what is wrong` */
  readonly mistakes: readonly string[];
}

/** Each move by agent and revision; a revision belongs to one release, and that has one rollout in each environment. */
export type MoveIndex = ReadonlyMap<string, readonly Move[]>;

export function indexMoves(all: readonly MovesOf[]): MoveIndex {
  const index = new Map<string, Move[]>();
  for (const { agent, moves } of all)
    for (const move of moves) {
      const key = `${agent} ${move.revision}`;
      index.set(key, [...(index.get(key) ?? []), move]);
    }
  return index;
}

export function judge(rollout: EndedRollout, index: MoveIndex): Judgement {
  const { name, revision, askedAt, endedAt } = rollout;
  const mistakes: string[] = [];
  const waves = rollout.waves.map((clusters) =>
    clusters.flatMap((cluster) => {
      const moves = index.get(`${cluster} ${revision}`) ?? [];
      const wrong = mistakeOf(moves);
      if (wrong) mistakes.push(`${name}: ${cluster} ${wrong}`);
      return moves.slice(0, 1);
    }),
  );
  const decisionsMs: number[] = [];
  const wholeWavesMs: number[] = [];
  for (const [number, wave] of waves.slice(1).entries()) {
    const reported = Math.max(...waves[number]!.map(({ doneAt }) => doneAt ?? 0));
    const pins = wave.map(({ pinnedAt }) => pinnedAt);
    decisionsMs.push(Math.min(...pins) - reported);
    wholeWavesMs.push(Math.max(...pins) - reported);
    if (Math.min(...pins) < reported)
      mistakes.push(`${name}: wave ${number + 2} began before the one before it was done`);
  }
  const workMs = waves
    .map((wave) => Math.max(0, ...wave.map((move) => move.workMs)))
    .reduce((sum, ms) => sum + ms, 0);
  return { overheadMs: endedAt - askedAt - workMs, decisionsMs, wholeWavesMs, mistakes };
}

/** Moves to this revision of any cluster: more than the rollouts have clusters means that others were told. */
export function movesTo(revision: string, all: readonly MovesOf[]): number {
  return all.flatMap(({ moves }) => moves.filter((move) => move.revision === revision)).length;
}

function mistakeOf([move, ...others]: readonly Move[]): string | undefined {
  if (!move) return 'was skipped';
  if (others.length > 0) return `moved ${others.length + 1} times`;
  if (move.pins.length > 1) return `was pinned ${move.pins.length} times`;
  return move.doneAt === undefined ? 'was not waited for' : undefined;
}
