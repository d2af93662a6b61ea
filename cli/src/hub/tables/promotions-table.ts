import { ago, due } from '../../output/age.js';
import type { Cell } from '../../output/table.js';
import { isEnd, isMoving } from '../promotion-states.js';
import type { Promotion } from '../promotion-schema.js';
import { countsText } from './counts-text.js';
import { stateCell } from './state-cells.js';

/** `wide` tells more about where a promotion comes from; the message stays last. */
export function promotionColumns(wide: boolean): string[] {
  const more = wide ? ['PRIORITY', 'ORIGIN', 'BY', 'ROLLOUT'] : [];
  return ['ID', 'RELEASE', 'ENVIRONMENT', 'STATE', 'CREATED', 'UNTIL', ...more, 'MESSAGE'];
}

/** `id` as it is to be shown. */
export function promotionCells(promotion: Promotion, now: Date, id: string, wide: boolean): Cell[] {
  const { release, environment, state, createdAt, waitingUntil } = promotion;
  const { priority, origin, requestedBy, rollout } = promotion;
  return [
    id,
    release,
    environment,
    stateCell(state),
    ago(createdAt, now),
    isEnd(state) ? '-' : due(waitingUntil, now),
    ...(wide ? [priority, origin, requestedBy, rollout?.id ?? '-'] : []),
    messageOf(promotion),
  ];
}

/** What it waits for, how far its rollout is, or why it ended. */
function messageOf({ state, reason, waitingFor, rollout }: Promotion): string {
  if (isEnd(state)) return reason;
  if (rollout === null || !isMoving(state)) return waitingFor;
  const wave = rollout.wave === null ? '' : `wave ${rollout.wave}: `;
  return `${wave}${countsText(rollout.clusters)}`;
}
