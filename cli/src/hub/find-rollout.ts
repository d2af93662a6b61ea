import { failure } from '../errors/cli-error.js';
import type { Runtime } from '../runtime.js';
import type { MovementName } from './find-promotion.js';
import { findMovement } from './find-promotion.js';
import type { HubClient } from './hub-client.js';
import { isWaiting } from './promotion-states.js';

/** The rollout that is meant: its own id, or that of its promotion, or a release. @throws CliError */
export async function findRollout(
  runtime: Runtime,
  hub: HubClient,
  name: MovementName,
): Promise<{ readonly id: string; readonly promotion: string }> {
  const movement = await findMovement(runtime, hub, name, ['rollout', 'promotion']);
  if (movement.kind === 'rollout') return movement.rollout;
  const { id, release, environment, state, rollout } = movement.promotion;
  if (rollout !== null) return { id: rollout.id, promotion: id };
  throw failure(
    `promotion ${id} of ${release} to ${environment} is ${state}: it has no rollout`,
    isWaiting(state)
      ? `flotilla abort ${id} --reason TEXT ends it`
      : `flotilla describe promotion ${id} tells why`,
  );
}
