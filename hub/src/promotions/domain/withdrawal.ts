import { isEnd } from './promotion-state.js';
import type { DeliveryState, Promotion } from './promotion.js';

const firstDelayMs = 30_000;
const longestDelayMs = 3_600_000;
/** Where the memory of a delivery counts what went wrong. */
const failuresKey = 'withdrawalFailures';

/** Whether Git still offers what has ended without it, and it is time to take that back. */
export function isWithdrawalDue({ state, delivery }: Promotion, now: Date): boolean {
  if (!isEnd(state) || delivery?.phase !== 'wait') return false;
  return failuresOf(delivery) === 0 || delivery.until === null || delivery.until <= now;
}

/** Taking it back went wrong: it is tried again after 30 s, then after twice as long each time, at most an hour. */
export function withdrawalFailed(delivery: DeliveryState, why: string, now: Date): DeliveryState {
  const failures = failuresOf(delivery) + 1;
  const delayMs = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(failures - 1, 20));
  return {
    ...delivery,
    phase: 'wait',
    message: `cannot be taken back: ${why}`,
    until: new Date(now.getTime() + delayMs),
    askedAt: now,
    memory: { ...delivery.memory, [failuresKey]: failures },
  };
}

function failuresOf({ memory }: DeliveryState): number {
  const failures = memory?.[failuresKey];
  return typeof failures === 'number' ? failures : 0;
}
