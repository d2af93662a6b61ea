import { describe, expect, it } from 'vitest';
import type { PromotionSchedule } from './schedule.js';
import { scheduleOf, simulate, tryRun } from './simulate.js';

describe('random courses of events', () => {
  it('never break a promise of promotions, and everything ends', { timeout: 60_000 }, () => {
    const { failure, schedules, ends } = simulate({ seed: 1, first: 0, count: 400 });
    expect(failure).toBeNull();
    expect(schedules).toBe(400);
    expect(Object.keys(ends).sort()).toEqual(['Aborted', 'Failed', 'Promoted', 'RolledBack', 'Superseded']);
  });

  it('end the same way when they are replayed', () => {
    const schedule = scheduleOf(3, 5);
    expect(tryRun(JSON.parse(JSON.stringify(schedule)) as PromotionSchedule)).toEqual(tryRun(schedule));
  });
});
