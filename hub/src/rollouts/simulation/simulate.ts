import { randomFrom, seedOf } from './random.js';
import type { Run } from './run-schedule.js';
import { runSchedule } from './run-schedule.js';
import type { Schedule } from './schedule.js';
import { randomSchedule } from './schedule.js';
import { shrink } from './shrink.js';

/** A schedule that broke a promise, made as small as it gets. */
export interface Failure {
  readonly seed: number;
  readonly number: number;
  readonly message: string;
  readonly schedule: Schedule;
}

/** Some of the schedules of a seed. */
export interface Part {
  readonly seed: number;
  readonly first: number;
  readonly count: number;
}

export interface PartResult {
  readonly schedules: number;
  readonly decisions: number;
  /** How many rollouts ended in which state. */
  readonly ends: Readonly<Record<string, number>>;
  readonly failure: Failure | null;
}

/** Runs schedules until one fails. */
export function simulate({ seed, first, count }: Part): PartResult {
  const ends: Record<string, number> = {};
  let decisions = 0;
  for (let number = first; number < first + count; number += 1) {
    const schedule = scheduleOf(seed, number);
    const run = tryRun(schedule);
    if ('message' in run)
      return {
        schedules: number - first,
        decisions,
        ends,
        failure: explain(seed, number, schedule, run.message),
      };
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
  try {
    return runSchedule(schedule);
  } catch (error) {
    return { message: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}

function explain(seed: number, number: number, schedule: Schedule, message: string): Failure {
  const kind = kindOf(message);
  const smallest = shrink(schedule, (candidate) => {
    const run = tryRun(candidate);
    return 'message' in run && kindOf(run.message) === kind;
  });
  const run = tryRun(smallest);
  return { seed, number, message: 'message' in run ? run.message : message, schedule: smallest };
}

/** The same promise, whichever cluster breaks it. */
function kindOf(message: string): string {
  return message.replaceAll(/c\d+|\d+/g, '#').slice(0, 60);
}
