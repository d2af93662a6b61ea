import { progressText } from '../../rollouts/domain/progress-text.js';
import type { RolloutSummary } from '../../rollouts/rollouts.js';
import type { Promotion } from './promotion.js';

/** For what a promotion waits; where that is its rollout, which one and how far it is now. */
export function waitingText(
  { state, wish, waitingFor }: Pick<Promotion, 'state' | 'wish' | 'waitingFor'>,
  rollout: RolloutSummary | null,
): string {
  if (rollout === null || (state !== 'RollingOut' && state !== 'RollingBack')) return waitingFor;
  const text = progressText(rollout);
  return state === 'RollingOut' && wish ? `${waitingFor}; ${text}` : text;
}
