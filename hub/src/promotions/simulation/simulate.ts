import type { Gate } from '@flotilla/common/fleet-api/gates';
import type { LaneRules } from './lane-world.js';
import { LaneWorld } from './lane-world.js';

/** What came of many courses of events. */
export interface SimulationResult {
  readonly schedules: number;
  readonly promotions: number;
  readonly ends: Readonly<Record<string, number>>;
  /** Number and error of those that broke a promise. */
  readonly failures: readonly { readonly schedule: number; readonly error: string }[];
}

const hook: Gate = { type: 'webhook', url: 'https://x.example', interval: '30s', timeout: '8784h' };
const ends = ['Succeeded', 'Failed', 'Aborted', 'RolledBack'] as const;

/** Runs random courses of events against the decisions of promotions; the same seed gives the same courses. */
export function simulatePromotions(schedules: number, seed = 1): SimulationResult {
  const counts: Record<string, number> = {};
  const failures: { schedule: number; error: string }[] = [];
  let promotions = 0;
  for (let schedule = 0; schedule < schedules; schedule += 1) {
    try {
      const world = runPromotionSchedule(seed, schedule);
      promotions += world.promotions.size;
      for (const { state } of world.promotions.values()) counts[state] = (counts[state] ?? 0) + 1;
    } catch (error) {
      failures.push({ schedule, error: error instanceof Error ? error.message : String(error) });
    }
  }
  return { schedules, promotions, ends: counts, failures };
}

/** One course of events, then calm: everything has to end. @throws Error for a promise that was broken */
export function runPromotionSchedule(seed: number, schedule: number): LaneWorld {
  const random = randomFrom(seed * 1_000_003 + schedule);
  const world = new LaneWorld(randomRules(random));
  const steps = 20 + random(60);
  for (let step = 0; step < steps; step += 1) {
    disturb(world, random);
    // A notice that gets lost costs time, never truth.
    if (random(4) > 0) world.settle();
  }
  calm(world);
  return world;
}

type Random = (below: number) => number;

/** mulberry32 */
function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function randomRules(random: Random): LaneRules {
  const required = 1 + random(2);
  const approval: Gate = { type: 'approval', required, groups: [], authorMayApprove: false };
  const window: Gate = {
    type: 'window',
    timeZone: 'Europe/Berlin',
    periods: [{ days: ['sat', 'sun', 'mon'], from: '01:00', to: '04:00' }],
  };
  const some = (gates: readonly Gate[]) => gates.filter(() => random(3) === 0);
  return {
    policy: (['fifo', 'latest', 'batch'] as const)[random(3)] ?? 'fifo',
    before: some([approval, window, hook, { type: 'soak', duration: '10m' }]),
    after: some([hook, { type: 'soak', duration: '5m' }]),
    delivery: random(3) === 0 ? 'git' : 'pins',
    onFailure: (['rollback', 'pause', 'abort'] as const)[random(3)] ?? 'rollback',
    required,
  };
}

function disturb(world: LaneWorld, random: Random): void {
  const one = world.pick(random(50));
  const choices: readonly (() => void)[] = [
    () => world.newRelease(random(3)),
    () => world.promote(1 + random(8), random(3) === 0),
    () => one && world.approve(one, random(3)),
    () => one && world.approve(one, random(3)),
    () => one && world.finish(one, ends[random(4)] ?? 'Succeeded'),
    () => one && world.finish(one, 'Succeeded'),
    () => one && world.reopen(one, random(2) === 0 ? 'Running' : 'RollingBack'),
    () => one && random(4) === 0 && world.apply(one.id, { type: 'rejected', by: 'ada', reason: 'no' }),
    () => one && random(4) === 0 && world.apply(one.id, { type: 'aborted', by: 'ada', reason: 'no' }),
    () => one && world.apply(one.id, { type: 'prioritised' }),
    () => (world.frozen = !world.frozen),
    () => (world.busyElsewhere = !world.busyElsewhere),
    () => (world.vetoed.has('r3') ? world.vetoed.delete('r3') : world.vetoed.add('r3')),
    () => (world.present = random(6) > 0),
    // Clocks of hubs are put forward and back.
    () => (world.now = new Date(world.now.getTime() + (random(20) === 0 ? -600_000 : random(7_200_000)))),
    () => answer(world, random),
    () => deliver(world, random),
  ];
  choices[random(choices.length)]?.();
}

function answer(world: LaneWorld, random: Random): void {
  for (const [key, event] of world.takeQuestions()) {
    const [id = ''] = key.split('/');
    const phase = (['pass', 'pass', 'wait', 'fail'] as const)[random(4)] ?? 'pass';
    // Every fourth answer is lost with the process that waited for it.
    if (random(4) > 0)
      world.apply(id, { ...event, answer: { ...event.answer, phase, message: `it is ${phase}` } });
  }
}

function deliver(world: LaneWorld, random: Random): void {
  for (const id of world.takeDeliveries()) {
    if (random(4) === 0) continue;
    const phase = (['wait', 'done', 'done', 'fail'] as const)[random(4)] ?? 'done';
    const delivery = {
      phase,
      message: `git ${phase}`,
      until: null,
      askedAt: world.now,
      revisions: [],
      memory: null,
    };
    world.apply(id, { type: 'delivered', delivery });
  }
}

/** Nothing is in the way any more, and everybody answers. */
function calm(world: LaneWorld): void {
  Object.assign(world, { frozen: false, busyElsewhere: false, present: true });
  for (let round = 0; world.open().length > 0; round += 1) {
    if (round > 600) throw new Error(`stuck: ${JSON.stringify(world.open()[0])}`);
    world.settle();
    for (const promotion of world.open()) {
      for (const who of [0, 1, 2]) world.approve(promotion, who);
      world.finish(promotion, world.rollouts.get(promotion.id) === 'back' ? 'RolledBack' : 'Succeeded');
    }
    // Three people, each an author of something: who is left of a taken-over release may be nobody.
    for (const promotion of world.open())
      if (round > 200)
        world.apply(promotion.id, { type: 'aborted', by: 'ada', reason: 'nobody may approve it' });
    for (const [key, event] of world.takeQuestions()) {
      world.apply(key.split('/')[0] ?? '', event);
    }
    for (const id of world.takeDeliveries()) {
      const delivery = {
        phase: 'done',
        message: 'merged',
        until: null,
        askedAt: world.now,
        revisions: [],
        memory: null,
      } as const;
      world.apply(id, { type: 'delivered', delivery });
    }
    world.now = new Date(world.now.getTime() + 3_600_000);
  }
}
