import type { Decision, RolloutNews } from './events.js';
import type { Promotion } from './promotion.js';
import { end, move, only } from './steps.js';

/** What the end, or the new beginning, of its rollout means for a promotion. */
export function rolloutSaid(promotion: Promotion, { state, reason }: RolloutNews, now: Date): Decision {
  switch (state) {
    case 'Running':
      return only(again(promotion));
    case 'RollingBack':
      return only(goingBack(promotion, reason));
    case 'Succeeded':
      return only(succeeded(promotion, now));
    case 'RolledBack':
      return only(back(promotion, reason, now));
    default:
      return only(stopped(promotion, state, reason, now));
  }
}

/** Somebody retries it. */
function again(promotion: Promotion): Promotion {
  if (!['Verifying', 'Failed', 'Aborted', 'RolledBack'].includes(promotion.state)) return promotion;
  return {
    ...move(promotion, 'RollingOut'),
    reason: '',
    wish: null,
    waitingFor: 'the rollout',
    waitingUntil: null,
    rolledOutAt: null,
    endedAt: null,
  };
}

function goingBack(promotion: Promotion, reason: string): Promotion {
  if (!['RollingOut', 'Verifying', 'Promoted', 'Failed', 'Aborted'].includes(promotion.state))
    return promotion;
  return {
    ...move(promotion, 'RollingBack'),
    reason: '',
    wish: promotion.wish ?? { end: 'RolledBack', reason },
    waitingFor: 'the clusters go back',
    waitingUntil: null,
    endedAt: null,
  };
}

function succeeded(promotion: Promotion, now: Date): Promotion {
  if (promotion.state !== 'RollingOut') return promotion;
  const { wish } = promotion;
  if (wish) return end(promotion, 'Aborted', `${wish.reason}; the rollout had succeeded already`, now);
  return { ...move(promotion, 'Verifying'), rolledOutAt: now, waitingFor: 'its gates', waitingUntil: null };
}

function back(promotion: Promotion, reason: string, now: Date): Promotion {
  const { state, wish } = promotion;
  if (state === 'RollingOut') return end(promotion, 'RolledBack', reason, now);
  if (state === 'RollingBack') return end(promotion, 'RolledBack', wish?.reason || reason, now);
  if (['Verifying', 'Promoted', 'Failed', 'Aborted'].includes(state))
    return end(move(promotion, 'RollingBack'), 'RolledBack', reason, now);
  return promotion;
}

function stopped(promotion: Promotion, to: 'Failed' | 'Aborted', reason: string, now: Date): Promotion {
  const { state, wish } = promotion;
  if (state === 'RollingOut')
    return end(promotion, to, to === 'Aborted' ? (wish?.reason ?? reason) : reason, now);
  if (state !== 'RollingBack') return promotion;
  const why = wish ? `${wish.reason}; ` : '';
  return end(promotion, to, `${why}the clusters did not go back: ${reason}`, now);
}
