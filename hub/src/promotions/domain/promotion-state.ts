import { promotionEnds } from '@flotilla/common/fleet-api/promotion-state';
import type { PromotionState } from '@flotilla/common/fleet-api/promotion-state';

/** Nothing has moved yet: a newer release may take its place. */
export const waitingStates = ['Queued', 'Gating', 'Delivering'] as const satisfies readonly PromotionState[];
/** Its rollout holds the environment. */
export const movingStates = [
  'RollingOut',
  'Verifying',
  'RollingBack',
] as const satisfies readonly PromotionState[];

/** One way from a state to another, and what leads there. docs/spec/promotions.md shows this table. */
export interface Transition {
  readonly from: PromotionState;
  readonly to: PromotionState;
  readonly when: string;
}

/** Every transition that there is; `decide` refuses to make another one. */
export const promotionTransitions: readonly Transition[] = [
  { from: 'Queued', to: 'Gating', when: 'it is its turn' },
  {
    from: 'Queued',
    to: 'Superseded',
    when: 'a newer promotion takes its place, or a newer release is there already',
  },
  { from: 'Queued', to: 'Failed', when: 'its release is vetoed' },
  {
    from: 'Queued',
    to: 'Aborted',
    when: 'somebody aborts or rejects it, or its environment leaves the pipeline',
  },
  { from: 'Gating', to: 'Queued', when: 'a hotfix, or a rollout that somebody started again, goes first' },
  { from: 'Gating', to: 'Delivering', when: 'all gates before pass at once, and Git has to be written' },
  { from: 'Gating', to: 'RollingOut', when: 'all gates before pass at once' },
  {
    from: 'Gating',
    to: 'Superseded',
    when: 'a newer promotion takes its place, or a newer release is there already',
  },
  {
    from: 'Gating',
    to: 'Failed',
    when: 'a gate before fails or times out, its release is vetoed, or the rollout cannot start',
  },
  {
    from: 'Gating',
    to: 'Aborted',
    when: 'somebody aborts or rejects it, or its environment leaves the pipeline',
  },
  {
    from: 'Delivering',
    to: 'Gating',
    when: 'Git holds it, or is not to be written any more; the gates are asked once more',
  },
  { from: 'Delivering', to: 'Superseded', when: 'a newer promotion takes its place before Git holds it' },
  { from: 'Delivering', to: 'Failed', when: 'Git cannot be written, or its release is vetoed' },
  {
    from: 'Delivering',
    to: 'Aborted',
    when: 'somebody aborts or rejects it, or its environment leaves the pipeline',
  },
  { from: 'RollingOut', to: 'Verifying', when: 'the rollout has succeeded' },
  { from: 'RollingOut', to: 'RollingBack', when: 'somebody rolls the rollout back' },
  { from: 'RollingOut', to: 'Failed', when: 'the rollout has failed' },
  { from: 'RollingOut', to: 'Aborted', when: 'somebody aborts it or its rollout' },
  { from: 'RollingOut', to: 'RolledBack', when: 'the rollout has rolled itself back' },
  { from: 'Verifying', to: 'Promoted', when: 'all gates after have passed' },
  {
    from: 'Verifying',
    to: 'RollingBack',
    when: 'a gate after fails or its release is vetoed and onFailure is rollback, or somebody rolls the rollout back',
  },
  { from: 'Verifying', to: 'RollingOut', when: 'somebody starts the rollout again' },
  {
    from: 'Verifying',
    to: 'Failed',
    when: 'a gate after fails or its release is vetoed, and onFailure is not rollback',
  },
  {
    from: 'Verifying',
    to: 'Aborted',
    when: 'somebody aborts it; or rejects it and onFailure is not rollback',
  },
  { from: 'RollingBack', to: 'RolledBack', when: 'the clusters are back' },
  { from: 'RollingBack', to: 'Failed', when: 'the rollback has failed' },
  { from: 'RollingBack', to: 'Aborted', when: 'somebody aborts the rollback' },
  { from: 'Promoted', to: 'RollingBack', when: 'somebody rolls its rollout back' },
  { from: 'Failed', to: 'RollingOut', when: 'somebody retries what failed in its rollout' },
  { from: 'Failed', to: 'RollingBack', when: 'somebody rolls its rollout back' },
  { from: 'Aborted', to: 'RollingOut', when: 'somebody starts its rollout again' },
  { from: 'Aborted', to: 'RollingBack', when: 'somebody rolls its rollout back' },
  { from: 'RolledBack', to: 'RollingOut', when: 'somebody starts its rollout again' },
];

const allowed = new Set(promotionTransitions.map(({ from, to }) => `${from}>${to}`));

export function isTransition(from: PromotionState, to: PromotionState): boolean {
  return allowed.has(`${from}>${to}`);
}

export function isEnd(state: PromotionState): boolean {
  return (promotionEnds as readonly PromotionState[]).includes(state);
}

/** Whether nothing has moved yet. */
export function isWaiting(state: PromotionState): boolean {
  return (waitingStates as readonly PromotionState[]).includes(state);
}

export function isMoving(state: PromotionState): boolean {
  return (movingStates as readonly PromotionState[]).includes(state);
}
