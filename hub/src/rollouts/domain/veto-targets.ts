import type { VetoTarget } from '../../standing/standing.js';
import type { RolloutItem } from '../rollouts.js';

/** What stops a rollout when it is vetoed: what it moves clusters to, and the release that Git was written for. */
export function vetoTargets(items: readonly RolloutItem[]): readonly VetoTarget[] {
  return items
    .filter(({ url }) => url !== '')
    .flatMap(({ url, revision, released = revision }) =>
      [...new Set([revision, released])].map((one) => ({ url, revision: one })),
    );
}
