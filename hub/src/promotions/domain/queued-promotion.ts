import type { Promotion } from './promotion.js';

/** What is known of a promotion when somebody wants it. */
export type WantedPromotion = Pick<
  Promotion,
  | 'id'
  | 'pipeline'
  | 'environment'
  | 'releaseId'
  | 'releaseName'
  | 'releaseNumber'
  | 'origin'
  | 'priority'
  | 'requestedBy'
  | 'authors'
  | 'createdAt'
>;

/** A promotion that waits for its turn, and has done nothing yet. */
export function queuedPromotion(wanted: WantedPromotion): Promotion {
  return {
    ...wanted,
    state: 'Queued',
    reason: '',
    waitingFor: 'its turn',
    waitingUntil: null,
    gates: [],
    approvals: [],
    delivery: null,
    rolloutId: null,
    wish: null,
    onFailure: null,
    startedAt: null,
    rolledOutAt: null,
    endedAt: null,
  };
}
