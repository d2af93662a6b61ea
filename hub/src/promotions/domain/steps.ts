import type { Decision } from './events.js';
import type { Promotion } from './promotion.js';
import { isTransition } from './promotion-state.js';

/** Brings the touched clusters back to where they were. */
export function rollBack(state: Promotion, reason: string): Decision {
  const back: Promotion = {
    ...move(state, 'RollingBack'),
    wish: { end: 'RolledBack', reason },
    waitingFor: 'the clusters go back',
    waitingUntil: null,
  };
  return { state: back, actions: [{ type: 'command', command: 'rollback', reason }] };
}

/** Changes the state along the published table. @throws Error for a transition that is not in it */
export function move(promotion: Promotion, to: Promotion['state']): Promotion {
  if (promotion.state === to) return promotion;
  if (!isTransition(promotion.state, to))
    throw new Error(`promotion ${promotion.id}: ${promotion.state} does not become ${to}`);
  return { ...promotion, state: to };
}

/** Ends a promotion with the reason. */
export function end(promotion: Promotion, to: Promotion['state'], reason: string, now: Date): Promotion {
  return { ...move(promotion, to), reason, waitingFor: '', waitingUntil: null, endedAt: now };
}

export function only(state: Promotion): Decision {
  return { state, actions: [] };
}
