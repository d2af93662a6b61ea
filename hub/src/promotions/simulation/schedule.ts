import type { Gate } from '@flotilla/common/fleet-api/gates';
import type { Random } from '../../rollouts/simulation/random.js';
import type { QueuePolicy } from '../domain/queue.js';

/** An environment of the simulated pipeline. */
export interface SimulatedEnvironment {
  readonly name: string;
  readonly after: readonly string[];
  readonly promote: 'automatic' | 'manual';
  readonly queue: QueuePolicy;
  readonly before: readonly Gate[];
  readonly afterwards: readonly Gate[];
  readonly delivery: 'pins' | 'git';
  readonly onFailure: 'rollback' | 'pause' | 'abort';
}

/** One thing that happens. `lane`, `pick` and `who` count round; what does not fit the state of things does nothing. */
export type Step =
  | { readonly type: 'wait' | 'jump'; readonly ms: number }
  /** unknown: nobody tells yet who made it. */
  | {
      readonly type: 'release';
      readonly author: number;
      readonly maker: number | null;
      readonly unknown: boolean;
    }
  | { readonly type: 'learn' | 'veto'; readonly release: number }
  | {
      readonly type: 'promote';
      readonly lane: number;
      readonly release: number;
      readonly priority: 'normal' | 'hotfix';
    }
  | { readonly type: 'approve'; readonly pick: number; readonly who: number }
  | { readonly type: 'reject' | 'abort' | 'break-glass'; readonly pick: number }
  | { readonly type: 'finish'; readonly pick: number; readonly state: RolloutEnd }
  | { readonly type: 'reopen'; readonly pick: number; readonly state: 'Running' | 'RollingBack' }
  /** Each turns something on or off. */
  | { readonly type: 'freeze' | 'busy' | 'sicken' | 'remove'; readonly lane: number }
  | { readonly type: 'answer'; readonly phase: 'pass' | 'wait' | 'fail'; readonly lost: boolean }
  | { readonly type: 'deliver'; readonly phase: 'wait' | 'done' | 'fail'; readonly lost: boolean }
  /** What the hub does by itself: after a notice, and now and then. */
  | { readonly type: 'look'; readonly lane: number }
  | { readonly type: 'sweep' }
  /** The hub dies before the next decision is stored, and forgets what is under way. */
  | { readonly type: 'kill' };

export type RolloutEnd = 'Succeeded' | 'Failed' | 'Aborted' | 'RolledBack';

/** Everything that a run needs: data, so that it can be replayed and made smaller. */
export interface PromotionSchedule {
  readonly environments: readonly SimulatedEnvironment[];
  readonly steps: readonly Step[];
}

const probe: Gate = { type: 'webhook', url: 'https://x.example', interval: '30s', timeout: '8784h' };

/** A random pipeline and course of events. */
export function randomPromotionSchedule(random: Random): PromotionSchedule {
  const count = 1 + random.below(4);
  const names = Array.from({ length: count }, (_, index) => `e${index}`);
  return {
    environments: names.map((name, index) => randomEnvironment(random, name, names.slice(0, index))),
    steps: Array.from({ length: 15 + random.below(70) }, () => stepOfDice[random.below(1000)]!(random)),
  };
}

function randomEnvironment(random: Random, name: string, earlier: readonly string[]): SimulatedEnvironment {
  const some = (gates: readonly Gate[]) => gates.filter(() => random.chance(0.3));
  return {
    name,
    after: earlier.filter(() => random.chance(0.6)),
    promote: random.chance(0.8) ? 'automatic' : 'manual',
    queue: random.pick(['fifo', 'latest', 'batch']),
    before: some([
      randomApproval(random),
      {
        type: 'window',
        timeZone: 'UTC',
        periods: [{ days: ['mon', 'wed', 'sat', 'sun'], from: '01:00', to: '05:00' }],
      },
      probe,
      { type: 'soak', duration: random.pick(['10m', '2h']) },
      { type: 'health' },
    ]),
    afterwards: some([randomApproval(random), probe, { type: 'soak', duration: '5m' }, { type: 'health' }]),
    delivery: random.chance(0.25) ? 'git' : 'pins',
    onFailure: random.pick(['rollback', 'pause', 'abort']),
  };
}

function randomApproval(random: Random): Gate {
  const groups = random.chance(0.4) ? [{ name: random.pick(['security', 'ops']), required: 1 }] : [];
  return { type: 'approval', required: 1 + random.below(2), groups, authorMayApprove: random.chance(0.2) };
}

/** What happens, and how often, in thousandths. */
const stepTable: readonly (readonly [thousandths: number, make: (random: Random) => Step])[] = [
  [
    90,
    (random) => ({
      type: 'release',
      author: random.below(5),
      maker: random.chance(0.15) ? random.below(5) : null,
      unknown: random.chance(0.15),
    }),
  ],
  [20, (random) => ({ type: 'learn', release: random.below(8) })],
  [15, (random) => ({ type: 'veto', release: random.below(8) })],
  [
    50,
    (random) => ({
      type: 'promote',
      lane: random.below(4),
      release: random.below(8),
      priority: random.chance(0.35) ? 'hotfix' : 'normal',
    }),
  ],
  [120, (random) => ({ type: 'approve', pick: random.below(60), who: random.below(7) })],
  [8, (random) => ({ type: 'reject', pick: random.below(60) })],
  [8, (random) => ({ type: 'abort', pick: random.below(60) })],
  [20, (random) => ({ type: 'break-glass', pick: random.below(60) })],
  [150, (random) => ({ type: 'finish', pick: random.below(60), state: 'Succeeded' })],
  [
    35,
    (random) => ({
      type: 'finish',
      pick: random.below(60),
      state: random.pick(['Failed', 'Aborted', 'RolledBack'] as const),
    }),
  ],
  [
    15,
    (random) => ({
      type: 'reopen',
      pick: random.below(60),
      state: random.pick(['Running', 'RollingBack'] as const),
    }),
  ],
  [25, (random) => ({ type: 'freeze', lane: random.below(4) })],
  [15, (random) => ({ type: 'busy', lane: random.below(4) })],
  [20, (random) => ({ type: 'sicken', lane: random.below(4) })],
  [4, (random) => ({ type: 'remove', lane: random.below(4) })],
  [
    75,
    (random) => ({
      type: 'answer',
      phase: random.pick(['pass', 'pass', 'pass', 'wait', 'fail'] as const),
      lost: random.chance(0.2),
    }),
  ],
  [
    35,
    (random) => ({
      type: 'deliver',
      phase: random.pick(['done', 'done', 'wait', 'fail'] as const),
      lost: random.chance(0.2),
    }),
  ],
  [110, (random) => ({ type: 'look', lane: random.below(4) })],
  [60, () => ({ type: 'sweep' })],
  [90, (random) => ({ type: 'wait', ms: random.below(random.pick([60_000, 3_600_000, 20_000_000])) })],
  [15, (random) => ({ type: 'jump', ms: random.below(7_200_000) - 3_600_000 })],
  [20, () => ({ type: 'kill' })],
];

/** The table, dealt out over a thousand places. */
const stepOfDice = stepTable.flatMap(([thousandths, make]) =>
  Array.from({ length: thousandths }, () => make),
);
