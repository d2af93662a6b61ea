import type { GlobalOptions } from '../options/global-options.js';
import type { DataFormat } from '../output/print-data.js';
import { printData } from '../output/print-data.js';
import { success } from '../output/progress.js';
import type { Runtime } from '../runtime.js';
import type { MovementName } from './find-promotion.js';
import { findRollout } from './find-rollout.js';
import { followPromotion } from './follow-promotion.js';
import type { HubClient } from './hub-client.js';
import { openHub } from './open-hub.js';
import type { RolloutCommand } from './promotion-api.js';
import { countsText } from './tables/counts-text.js';

export interface RolloutAction {
  readonly command: RolloutCommand;
  readonly name: MovementName;
  readonly reason: string | undefined;
  /** Follow the promotion until this end. */
  readonly wanted?: 'Promoted' | 'RolledBack';
  readonly output?: DataFormat;
}

const participles: Readonly<Record<RolloutCommand, string>> = {
  pause: 'paused',
  resume: 'resumed',
  abort: 'aborted',
  'skip-wave': 'asked to skip its wave',
  'retry-failed': 'asked to try its failed clusters again',
  rollback: 'asked to roll back',
};

/** Finds a rollout and tells it what to do; with `wanted` follows what comes of it. @throws CliError */
export async function commandRollout(
  runtime: Runtime,
  options: GlobalOptions,
  action: RolloutAction,
): Promise<void> {
  const hub = await openHub(runtime, options);
  const { id } = await findRollout(runtime, hub, action.name);
  await tellRollout(runtime, hub, id, action, options.timeout);
}

/** Tells one rollout what to do. @throws CliError when the hub refuses, or it comes to another end */
export async function tellRollout(
  runtime: Runtime,
  hub: HubClient,
  id: string,
  { command, reason, wanted, output }: Omit<RolloutAction, 'name'>,
  timeoutMs: number,
): Promise<void> {
  const rollout = await hub.promotions.command(id, command, reason);
  const { release, environment, state, clusters } = rollout;
  success(
    runtime,
    `rollout ${id} of ${release} to ${environment} ${participles[command]}: ${state}, ${countsText(clusters)}`,
  );
  if (wanted !== undefined) await followPromotion(runtime, hub, { id: rollout.promotion, timeoutMs, wanted });
  if (output) await printData(runtime, output, wanted ? await hub.promotions.rollout(id) : rollout);
}
