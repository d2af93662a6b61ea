import { countOf } from './plan.js';
import type { Draft } from './draft.js';
import type { ClusterProgress, Observation } from './rollout.js';
import type { Tally } from './tally.js';
import { countInWave, isInFlight } from './tally.js';
import { isHeard, isOffline, watch } from './watch.js';

export type Observations = ReadonlyMap<string, Observation>;

/** Begins the clusters whose turn it is, as far as there is room: those of the waves, then those that were away. */
export function beginClusters(draft: Draft, observations: Observations, tally: Tally): void {
  const { wave } = draft.fields;
  draft.clusters.forEach((cluster, index) => {
    if (cluster.state === 'Pending' && cluster.wave !== null && cluster.wave <= wave)
      beginInTurn(draft, index, observations.get(cluster.id), tally);
  });
  catchUp(draft, observations, tally);
}

/** Begins clusters that were away and are back, a batch at a time. */
export function catchUp(draft: Draft, observations: Observations, tally: Tally): void {
  if (tally.deferred === 0 || draft.fields.halted) return;
  const batch = Math.max(1, countOf(draft.plan.catchUpBatch, tally.deferred + tally.catchingUp));
  draft.clusters.forEach((cluster, index) => {
    if (cluster.state !== 'Deferred' || cluster.goal !== 'target' || draft.lookSoon) return;
    const observation = observations.get(cluster.id);
    if (!observation || observation.gone || !isHeard(draft, observation)) return;
    if (skipBroken(draft, index, tally)) return;
    const hindrance = hindranceOf(draft, cluster, observation, tally);
    if (tally.catchingUp >= batch || hindrance !== null)
      return draft.say(index, hindrance ?? `waits for its batch of ${batch} to catch up`);
    begin(draft, index, observation, tally, true);
  });
}

function beginInTurn(draft: Draft, index: number, observation: Observation | undefined, tally: Tally): void {
  if (!observation || observation.gone) return;
  if (isOffline(draft, observation)) {
    draft.move(index, 'Deferred', 'offline when its turn came; catches up when it returns');
    tally.unsettled -= 1;
    tally.deferred += 1;
    return;
  }
  if (!isHeard(draft, observation)) return draft.say(index, 'not heard of just now');
  if (skipBroken(draft, index, tally)) {
    tally.unsettled -= 1;
    return;
  }
  const cluster = draft.cluster(index);
  const mayMove = draft.plan.waves[cluster.wave ?? 0]?.maxConcurrent ?? 1;
  if ((tally.inWaves[cluster.wave ?? 0] ?? 0) >= mayMove)
    return draft.say(index, `waits for one of the ${mayMove} of its wave that may move at a time`);
  const hindrance = hindranceOf(draft, cluster, observation, tally);
  if (hindrance !== null) return draft.say(index, hindrance);
  begin(draft, index, observation, tally, false);
}

/** Why a cluster that is there cannot begin just now; null when it can. */
function hindranceOf(
  { plan }: Draft,
  { domain }: ClusterProgress,
  { frozen, phase }: Observation,
  tally: Tally,
): string | null {
  if (tally.inFlight >= plan.maxConcurrent)
    return `waits for one of the ${plan.maxConcurrent} that may move at a time`;
  if (domain !== null && tally.busy.has(domain))
    return `waits for another cluster of its failure domain ${domain}`;
  return frozen && phase !== 'at-target' ? frozen.message : null;
}

/** Beside a cluster that has failed, another one of its failure domain is not touched; what was touched goes on. */
function skipBroken(draft: Draft, index: number, tally: Tally): boolean {
  const { domain, touched } = draft.cluster(index);
  const broken = domain === null || touched > 0 ? undefined : tally.broken.get(domain);
  if (broken === undefined) return false;
  if (draft.cluster(index).state === 'Deferred') tally.deferred -= 1;
  draft.move(index, 'Skipped', `cluster ${broken} of its failure domain ${domain} has failed`, {
    cause: 'domain',
  });
  return true;
}

/** Tells a cluster to move, and takes in at once what is known of it: it may be there already. */
function begin(
  draft: Draft,
  index: number,
  observation: Observation,
  tally: Tally,
  catchingUp: boolean,
): void {
  const before = draft.cluster(index);
  const { plan } = draft;
  if (before.state === 'Deferred') tally.deferred -= 1;
  else tally.unsettled -= 1;
  draft.fields.sequence += 1;
  draft.move(index, 'Moving', '', {
    catchingUp,
    goal: 'target',
    // One that was told before it went away is not told again.
    touched: before.pinned ? before.touched : draft.fields.sequence,
    attempts: before.attempts + 1,
    pinned: plan.delivery !== 'follow',
    previous: before.touched === 0 ? observation.lastGood : before.previous,
    ignored: before.pinned ? '' : observation.failure,
    countingFrom: draft.elapsed,
    beganAt: draft.now,
  });
  if (plan.delivery !== 'follow' && !before.pinned)
    draft.actions.push({ type: 'pin', clusterId: before.id, retry: before.attempts > 0 });
  // A failure of one that was told before it went away is judged on its own, before anything else begins.
  if (before.pinned && observation.failure !== '') draft.lookSoon = true;
  else watch(draft, index, observation);
  countNow(draft, index, tally);
}

function countNow(draft: Draft, index: number, tally: Tally): void {
  const cluster = draft.cluster(index);
  if (isInFlight(cluster)) {
    tally.inFlight += 1;
    if (cluster.domain !== null) tally.busy.add(cluster.domain);
    if (cluster.catchingUp) tally.catchingUp += 1;
    else tally.unsettled += 1;
    countInWave(tally, cluster);
  } else if (cluster.state === 'Done') tally.done += 1;
}
