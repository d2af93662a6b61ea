import type { RolloutStrategy } from '@flotilla/common/fleet-api/rollout-strategy';
import type { RolloutCommandType } from '../rollouts.js';
import { rolloutCommands } from '../rollouts.js';
import type { Random } from './random.js';

/** What becomes of a cluster that moves to a revision. */
export type Outcome = 'ok' | 'fail' | 'hang' | 'refuse';

export interface ScheduledCluster {
  readonly zone: string | null;
  readonly ring: 'canary' | 'wide';
  /** Joins later, when the schedule says so. */
  readonly absent: boolean;
  readonly offline: boolean;
  /** Never had a revision before. */
  readonly blank: boolean;
  /** Has the new revision already. */
  readonly early: boolean;
  /** Of its clock to the hub's, in milliseconds. */
  readonly skewMs: number;
  /** One an attempt at the new revision; the last one repeats. */
  readonly outcomes: readonly Outcome[];
  /** The way back fails. */
  readonly brokenHome: boolean;
}

/** One thing that happens. What does not fit the state of things at that time does nothing. */
export type Step =
  | { readonly type: 'wait'; readonly ms: number }
  | { readonly type: 'wake' }
  | { readonly type: 'jump'; readonly ms: number }
  /** The agent goes on with its work, and reports; the report is lost, comes late or twice. */
  | { readonly type: 'agent'; readonly cluster: number; readonly report: 'now' | 'lost' | 'late' | 'twice' }
  | {
      readonly type: 'flap' | 'break' | 'unplug' | 'plug' | 'join' | 'leave' | 'relabel';
      readonly cluster: number;
    }
  | { readonly type: 'freeze' | 'thaw'; readonly cluster: number }
  | { readonly type: 'command'; readonly command: RolloutCommandType }
  | { readonly type: 'veto' | 'supersede' | 'newer' }
  /** The hub dies before the next decision is stored, and goes on from what was. */
  | { readonly type: 'kill' };

/** Everything that a run needs: data, so that it can be replayed and made smaller. */
export interface Schedule {
  readonly strategy: RolloutStrategy;
  readonly delivery: 'pins' | 'follow';
  readonly clusters: readonly ScheduledCluster[];
  readonly steps: readonly Step[];
  /** What a person does with a rollout that is paused when the faults stop. */
  readonly finally: 'resume' | 'abort' | 'rollback' | 'retry-failed';
}

/** A random fleet, strategy and course of events. */
export function randomSchedule(random: Random): Schedule {
  const clusters = Array.from({ length: 1 + random.below(8) }, (_, index) => randomCluster(random, index));
  const length = 10 + random.below(60);
  return {
    strategy: randomStrategy(random, clusters),
    delivery: random.chance(0.12) ? 'follow' : 'pins',
    clusters,
    steps: Array.from({ length }, () => randomStep(random, clusters.length)),
    finally: random.pick(['resume', 'abort', 'rollback', 'retry-failed']),
  };
}

function randomCluster(random: Random, index: number): ScheduledCluster {
  const outcome = (): Outcome =>
    random.chance(0.75) ? 'ok' : random.pick(['fail', 'fail', 'hang', 'refuse'] as const);
  return {
    zone: random.chance(0.5) ? `zone-${random.below(3)}` : null,
    ring: random.chance(0.3) ? 'canary' : 'wide',
    absent: index > 0 && random.chance(0.12),
    offline: random.chance(0.1),
    blank: random.chance(0.08),
    early: random.chance(0.06),
    skewMs: random.chance(0.2) ? random.below(120_000) - 60_000 : 0,
    outcomes: Array.from({ length: 1 + random.below(3) }, outcome),
    brokenHome: random.chance(0.05),
  };
}

function randomStrategy(random: Random, clusters: readonly ScheduledCluster[]): RolloutStrategy {
  const there = clusters.filter(({ absent }) => !absent);
  const canaries = there.some(({ ring }) => ring === 'canary');
  const waves: RolloutStrategy['waves'] = [];
  if (canaries && random.chance(0.5)) {
    waves.push({
      name: 'canary',
      selector: { matchLabels: { ring: 'canary' } },
      soak: random.pick(['0s', '20s', '45s']),
    });
  }
  const left = waves.length === 0 ? there.length : there.filter(({ ring }) => ring !== 'canary').length;
  if (left > 1 && random.chance(0.6)) {
    waves.push({
      name: 'some',
      size: random.pick([1, '10%', '30%']),
      maxConcurrent: random.pick([1, 2, '50%']),
    });
  }
  return {
    waves,
    maxConcurrent: random.pick([1, 2, 3, '25%', '50%', '100%']),
    ...(random.chance(0.5) ? { failureDomain: 'zone' } : {}),
    soak: random.pick(['0s', '0s', '5s', '40s']),
    progressDeadline: random.pick(['30s', '2m', '5m']),
    failureBudget: random.pick([0, 0, 1, 2, '25%', '100%']),
    onFailure: random.pick(['rollback', 'rollback', 'pause', 'abort']),
    veto: random.chance(0.7),
    membership: {
      joined: random.pick(['last-wave', 'after', 'ignore']),
      relabelled: random.pick(['keep', 'drop']),
      offlineAfter: random.pick(['15s', '1m']),
      catchUp: { batch: random.pick([1, 2, '20%', '50%']) },
    },
  };
}

type MakeStep = (random: Random, cluster: number) => Step;

/** What happens, and how often, in thousandths. */
const stepTable: readonly (readonly [thousandths: number, make: MakeStep])[] = [
  [430, (random, cluster) => ({ type: 'agent', cluster, report: randomReport(random) })],
  [130, (random) => ({ type: 'wait', ms: random.below(9_000) })],
  [140, () => ({ type: 'wake' })],
  [25, (_, cluster) => ({ type: 'flap', cluster })],
  [15, (_, cluster) => ({ type: 'break', cluster })],
  [40, (_, cluster) => ({ type: 'unplug', cluster })],
  [50, (_, cluster) => ({ type: 'plug', cluster })],
  [20, (_, cluster) => ({ type: 'freeze', cluster })],
  [25, (_, cluster) => ({ type: 'thaw', cluster })],
  [15, (_, cluster) => ({ type: 'join', cluster })],
  [10, (_, cluster) => ({ type: 'leave', cluster })],
  [15, (_, cluster) => ({ type: 'relabel', cluster })],
  [40, (random) => ({ type: 'command', command: random.pick(rolloutCommands) })],
  [15, () => ({ type: 'kill' })],
  [15, (random) => ({ type: 'jump', ms: random.below(7_200_000) - 3_600_000 })],
  [5, () => ({ type: 'veto' })],
  [5, () => ({ type: 'newer' })],
  [5, () => ({ type: 'supersede' })],
];

/** The table, dealt out over a thousand places. */
const stepOfDice = stepTable.flatMap(([thousandths, make]) =>
  Array.from({ length: thousandths }, () => make),
);

function randomStep(random: Random, clusters: number): Step {
  const cluster = random.below(clusters);
  return stepOfDice[random.below(stepOfDice.length)]!(random, cluster);
}

function randomReport(random: Random): 'now' | 'lost' | 'late' | 'twice' {
  return random.chance(0.8) ? 'now' : random.pick(['lost', 'late', 'twice'] as const);
}
