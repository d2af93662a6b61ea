import { randomFrom, seedOf } from '../../rollouts/simulation/random.js';
import type { Part, PartResult } from '../../rollouts/simulation/part.js';
import { explain, tryTo } from '../../rollouts/simulation/part.js';
import { withoutRuns } from '../../rollouts/simulation/shrink.js';
import type { PromotionRun } from './run-schedule.js';
import { runPromotionSchedule } from './run-schedule.js';
import type { PromotionSchedule } from './schedule.js';
import { randomPromotionSchedule } from './schedule.js';

/** Runs schedules until one fails. */
export function simulate({ seed, first, count }: Part): PartResult {
  const ends: Record<string, number> = {};
  let decisions = 0;
  for (let number = first; number < first + count; number += 1) {
    const schedule = scheduleOf(seed, number);
    const run = tryRun(schedule);
    if ('message' in run) {
      const failure = explain({ seed, number }, schedule, run.message, tryRun, shrink);
      return { schedules: number - first, decisions, ends, failure };
    }
    decisions += run.decisions;
    for (const [state, times] of Object.entries(run.ends)) ends[state] = (ends[state] ?? 0) + times;
  }
  return { schedules: count, decisions, ends, failure: null };
}

/** The schedule with this number. */
export function scheduleOf(seed: number, number: number): PromotionSchedule {
  return randomPromotionSchedule(randomFrom(seedOf(seed, number)));
}

/** What a run gives, or what it breaks. */
export function tryRun(schedule: PromotionSchedule): PromotionRun | { readonly message: string } {
  return tryTo(() => runPromotionSchedule(schedule));
}

/** A smaller schedule that still fails: leaves out steps, then gates. */
function shrink(
  schedule: PromotionSchedule,
  fails: (candidate: PromotionSchedule) => boolean,
): PromotionSchedule {
  let best = schedule;
  for (let size = best.steps.length; size >= 1; size = Math.floor(size / 2))
    best = withoutRuns(best, size, fails);
  best.environments.forEach((_, index) => {
    for (const stage of ['before', 'afterwards'] as const)
      for (const gate of best.environments[index]![stage]) {
        const environments = best.environments.map((one, at) =>
          at === index ? { ...one, [stage]: one[stage].filter((other) => other !== gate) } : one,
        );
        if (fails({ ...best, environments })) best = { ...best, environments };
      }
  });
  return withoutRuns(best, 1, fails);
}
