import type { ClusterProgress, Rollout } from './rollout.js';

/**
 * Whether what a cluster reports cannot matter yet: its wave has not begun, and nobody has touched it. It does matter
 * that it is there, and what it belongs to. `reachesLater` says whether a decision went further than that.
 */
export function isLater({ state, wave }: Rollout, cluster: ClusterProgress): boolean {
  const goesOn = state === 'Pending' || state === 'Running' || state === 'Paused';
  const waits = cluster.state === 'Pending' && cluster.touched === 0;
  return goesOn && waits && cluster.wave !== null && cluster.wave > wave;
}

/** Whether a decision reached clusters whose reports it was made without: then it has to be made again with them. */
export function reachesLater(before: Rollout, after: Rollout): boolean {
  if (after.wave !== before.wave) return true;
  return before.clusters.some(
    (cluster, index) => after.clusters[index] !== cluster && isLater(before, cluster),
  );
}
