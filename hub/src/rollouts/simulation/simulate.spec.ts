import { describe, expect, it } from 'vitest';
import type { Schedule } from './schedule.js';
import { shrink } from './shrink.js';
import { scheduleOf, simulate, tryRun } from './simulate.js';

describe('random courses of events', () => {
  it('break no promise', { timeout: 60_000 }, () => {
    const { failure, schedules, ends } = simulate({ seed: 1, first: 0, count: 2_000 });
    expect(failure).toBeNull();
    expect(schedules).toBe(2_000);
    expect(Object.keys(ends).sort()).toEqual(['Aborted', 'Failed', 'RolledBack', 'Succeeded']);
  });

  it('are the same for the same seed and number, wherever they are run', () => {
    expect(scheduleOf(7, 42)).toEqual(scheduleOf(7, 42));
    expect(scheduleOf(7, 42)).not.toEqual(scheduleOf(7, 43));
    expect(JSON.parse(JSON.stringify(scheduleOf(7, 42)))).toEqual(scheduleOf(7, 42));
  });

  it('end the same way when they are replayed', () => {
    const schedule = scheduleOf(3, 5);
    expect(tryRun(JSON.parse(JSON.stringify(schedule)) as Schedule)).toEqual(tryRun(schedule));
  });

  it('are made smaller as long as they show the same', () => {
    const fails = ({ steps, clusters }: Schedule) =>
      steps.some(({ type }) => type === 'jump') && clusters.length > 1;
    const [big] = Array.from({ length: 100 }, (_, number) => scheduleOf(1, number)).filter(fails);
    const small = shrink(big!, fails);
    expect(small.steps.map(({ type }) => type)).toEqual(['jump']);
    expect(small.clusters).toHaveLength(2);
  });
});
