import type { Part, PartResult } from './part.js';
import { explain, tryTo } from './part.js';
import { randomFrom, seedOf } from './random.js';
import type { Run } from './run-schedule.js';
import { runSchedule } from './run-schedule.js';
import type { Schedule } from './schedule.js';
import { randomSchedule } from './schedule.js';
import { shrink } from './shrink.js';

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
    ends[run.state] = (ends[run.state] ?? 0) + 1;
  }
  return { schedules: count, decisions, ends, failure: null };
}

/** The schedule with this number. */
export function scheduleOf(seed: number, number: number): Schedule {
  return randomSchedule(randomFrom(seedOf(seed, number)));
}

/** What a run gives, or what it breaks. */
export function tryRun(schedule: Schedule): Run | { readonly message: string } {
  return tryTo(() => runSchedule(schedule));
}
