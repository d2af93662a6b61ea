import { timeoutSignal } from '@flotilla/common/signal/timeout-signal';
import { formatDuration } from '@flotilla/common/duration/duration';
import { CliError, exitCodes, failure } from '../errors/cli-error.js';
import { success, waiting } from '../output/progress.js';
import type { Runtime } from '../runtime.js';
import type { HubClient } from './hub-client.js';
import { isMoving, isOver } from './promotion-states.js';
import type { Promotion } from './promotion-schema.js';
import { countsText } from './tables/counts-text.js';
import { watchList } from './watch-list.js';

export interface FollowOptions {
  readonly id: string;
  readonly timeoutMs: number;
  /** The end that counts as success. */
  readonly wanted?: 'Promoted' | 'RolledBack';
}

/**
 * Follows a promotion until it has ended; tells each change on stderr. @throws CliError when it ends otherwise, or not
 * within the time
 */
export async function followPromotion(
  runtime: Runtime,
  hub: HubClient,
  { id, timeoutMs, wanted = 'Promoted' }: FollowOptions,
): Promise<Promotion> {
  const ended = new AbortController();
  let last: Promotion | undefined;
  let said = '';
  await watchList({
    hub,
    signal: timeoutSignal(timeoutMs, runtime.signal, ended.signal),
    topics: ['promotions', 'rollouts'],
    list: () => hub.promotions.get(id),
    show: (promotion, note) => {
      last = promotion;
      if (isOver(promotion)) return ended.abort();
      const line = note || progressLine(promotion);
      if (line !== said) waiting(runtime, line);
      said = line;
    },
  });
  runtime.signal.throwIfAborted();
  const promotion = last ?? (await hub.promotions.get(id));
  if (!isOver(promotion)) throw notInTime(promotion, timeoutMs);
  const { release, environment, state, reason } = promotion;
  const why = reason ? `: ${reason}` : '';
  const end = `promotion ${id} of ${release} to ${environment} is ${state}${why}`;
  if (state !== wanted) throw failure(end, `flotilla describe promotion ${id} shows all of it`);
  success(runtime, end);
  return promotion;
}

/** Where a promotion is, in one line. */
export function progressLine({ release, environment, state, waitingFor, rollout }: Promotion): string {
  const where = `${release} to ${environment}: ${state}`;
  if (rollout === null || !isMoving(state)) return waitingFor ? `${where}: ${waitingFor}` : where;
  const wave = rollout.wave === null ? '' : `, wave ${rollout.wave}`;
  const paused = rollout.state === 'Paused' ? `, paused: ${rollout.reason}` : '';
  return `${where}${wave}: ${countsText(rollout.clusters)}${paused}`;
}

function notInTime(promotion: Promotion, timeoutMs: number): CliError {
  return new CliError(
    exitCodes.timedOut,
    `promotion ${promotion.id}: not over within ${formatDuration(timeoutMs)}: ${progressLine(promotion)}`,
    { remedy: `it goes on; flotilla describe promotion ${promotion.id} shows what it waits for` },
  );
}
