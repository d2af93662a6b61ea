import { promotionEnds } from '@flotilla/common/fleet-api/promotion-state';
import { rolloutEnds } from '@flotilla/common/fleet-api/rollout-state';
import type { Promotion } from './promotion-schema.js';

// A newer hub may know more states: only what is surely over counts as an end.

const endStates: readonly string[] = promotionEnds;
const finalRolloutStates: readonly string[] = rolloutEnds;

/** Whether a promotion with this state has ended. */
export function isEnd(state: string): boolean {
  return endStates.includes(state);
}

/** Whether neither the promotion nor its rollout goes on; a rollout that runs again comes before its promotion's word. */
export function isOver({ state, rollout }: Pick<Promotion, 'state' | 'rollout'>): boolean {
  return isEnd(state) && (rollout === null || finalRolloutStates.includes(rollout.state));
}

/** Whether nothing has moved yet. */
export function isWaiting(state: string): boolean {
  return state === 'Queued' || state === 'Gating' || state === 'Delivering';
}

/** Whether its clusters move: its rollout tells more than what it waits for, which is the rollout. */
export function isMoving(state: string): boolean {
  return state === 'RollingOut' || state === 'RollingBack';
}
