import type { Draft } from './draft.js';
import type { ClusterProgress } from './rollout.js';

/** What the clusters of a rollout are doing, as far as it decides what may begin. Kept up to date while clusters begin. */
export interface Tally {
  /** Clusters that move, soak or roll back. */
  inFlight: number;
  /** Those of each wave, without those that catch up. */
  readonly inWaves: number[];
  /** Clusters of this wave and earlier ones that have to be settled before the next one. */
  unsettled: number;
  deferred: number;
  catchingUp: number;
  done: number;
  /** Failed on the way to the revisions of the rollout. */
  failed: number;
  /** Clusters of the wave that are done, but not healthy just now. */
  relapsed: number;
  /** Failure domains in which something moves. */
  readonly busy: Set<string>;
  /** Failure domains in which a cluster has failed, with its name. */
  readonly broken: Map<string, string>;
}

export function tallyOf(draft: Draft): Tally {
  const tally: Tally = {
    inFlight: 0,
    inWaves: draft.plan.waves.map(() => 0),
    unsettled: 0,
    deferred: 0,
    catchingUp: 0,
    done: 0,
    failed: 0,
    relapsed: 0,
    busy: new Set(),
    broken: new Map(),
  };
  for (const cluster of draft.clusters) add(tally, cluster, draft.fields.wave);
  return tally;
}

export function isInFlight({ state }: ClusterProgress): boolean {
  return state === 'Moving' || state === 'Soaking' || state === 'RollingBack';
}

/** Failed on the way to the revisions of the rollout, not on the way back. */
export function hasFailed({ state, goal }: ClusterProgress): boolean {
  return state === 'Failed' && goal === 'target';
}

function add(tally: Tally, cluster: ClusterProgress, wave: number): void {
  const { state, domain } = cluster;
  const inTurn = cluster.wave !== null && cluster.wave <= wave;
  if (isInFlight(cluster)) {
    tally.inFlight += 1;
    if (domain !== null) tally.busy.add(domain);
    if (cluster.catchingUp) tally.catchingUp += 1;
    else if (inTurn) tally.unsettled += 1;
    countInWave(tally, cluster);
  } else if (state === 'Pending') {
    if (inTurn) tally.unsettled += 1;
  } else if (state === 'Deferred') tally.deferred += 1;
  else if (state === 'Done') {
    tally.done += 1;
    if (cluster.countingFrom !== null && cluster.wave === wave) tally.relapsed += 1;
  } else if (hasFailed(cluster)) {
    tally.failed += 1;
    if (domain !== null) tally.broken.set(domain, cluster.name);
  }
}

/** Counts a cluster that moves in its turn for its wave. */
export function countInWave({ inWaves }: Tally, { wave, catchingUp }: ClusterProgress): void {
  if (wave !== null && !catchingUp) inWaves[wave] = (inWaves[wave] ?? 0) + 1;
}
