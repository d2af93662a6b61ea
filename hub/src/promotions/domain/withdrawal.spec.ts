import { describe, expect, it } from 'vitest';
import { noon, promotionOf } from './promotion.fixture.js';
import type { DeliveryState } from './promotion.js';
import { isWithdrawalDue, withdrawalFailed } from './withdrawal.js';

const open: DeliveryState = {
  phase: 'wait',
  message: 'pull request #7 is open',
  until: new Date(noon.getTime() + 5_000),
  askedAt: noon,
  revisions: [],
  memory: { pullRequest: 7 },
};
const dueAt = (delivery: DeliveryState | null, now: Date, state: 'Aborted' | 'Delivering' = 'Aborted') =>
  isWithdrawalDue(promotionOf({ state, delivery }), now);

describe('what Git offers of a promotion that has ended', () => {
  it.each([
    ['is taken back at once, whenever Git was to be looked at next', open, 'Aborted', true],
    ['is left alone while it has not ended', open, 'Delivering', false],
    ['is nothing without a delivery', null, 'Aborted', false],
    ['is nothing once it is taken back', { ...open, phase: 'withdrawn' }, 'Aborted', false],
    ['is nothing when it was merged', { ...open, phase: 'done' }, 'Aborted', false],
  ] as const)('%s', (_sentence, delivery, state, due) => {
    expect(dueAt(delivery, noon, state)).toBe(due);
  });

  it('is tried again later and later where that fails, and says why', () => {
    let delivery: DeliveryState = open;
    let now = noon;
    const waits: number[] = [];
    for (let count = 0; count < 9; count += 1) {
      delivery = withdrawalFailed(delivery, 'the server answered 502', now);
      const until = delivery.until!;
      expect(dueAt(delivery, new Date(until.getTime() - 1))).toBe(false);
      expect(dueAt(delivery, until)).toBe(true);
      waits.push((until.getTime() - now.getTime()) / 1_000);
      now = until;
    }
    expect(waits).toEqual([30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
    expect(delivery).toMatchObject({
      message: 'cannot be taken back: the server answered 502',
      memory: { pullRequest: 7 },
    });
  });
});
