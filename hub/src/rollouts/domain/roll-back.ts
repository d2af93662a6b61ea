import type { Observations } from './begin.js';
import type { Draft } from './draft.js';
import type { ClusterProgress, RolloutPlan } from './rollout.js';
import { hasFailed, isInFlight } from './tally.js';
import { clusters } from './words.js';
import { backMessage, isHeard, isOffline } from './watch.js';

/** Nothing more begins: what waits is skipped, a retry that waits is given up, waves that are not done are skipped. */
export function stopWaiting(draft: Draft, why: string): void {
  draft.waves.forEach(({ state }, index) => {
    if (state === 'Pending' || state === 'Running' || state === 'Soaking') draft.moveWave(index, 'Skipped');
  });
  draft.clusters.forEach((cluster, index) =>
    giveUp(draft, index, cluster, `${why} before its turn`, 'stopped'),
  );
}

/** Takes a cluster that waits out of the rollout; one that was told already stays deferred until it is seen again. */
export function giveUp(
  draft: Draft,
  index: number,
  { state, touched, pinned, goal }: ClusterProgress,
  message: string,
  cause: 'stopped' | 'wave',
): void {
  if (state !== 'Pending' && state !== 'Deferred') return;
  if (touched === 0) draft.move(index, 'Skipped', message, { cause });
  else if (!pinned && goal === 'target') draft.move(index, 'Failed', `failed before; ${message}`);
}

/** Takes every touched cluster back to its own last good revisions, the one that was begun last first. */
export function startRollback(draft: Draft, reason: string): void {
  stopWaiting(draft, 'rolled back');
  draft.become('RollingBack', reason);
  draft.clusters.forEach((cluster, index) => {
    if (cluster.state === 'Moving' || cluster.state === 'Soaking') turnBack(draft, index);
    else if (cluster.state === 'Deferred' && cluster.goal === 'target') turnBackOffline(draft, index);
    // A rollback that is asked for again tries those again that could not be taken back.
    else if (cluster.state === 'Failed' && cluster.goal === 'previous')
      draft.patch(index, { goal: 'target' });
  });
}

/** Tells one cluster to go back. */
export function turnBack(draft: Draft, index: number): void {
  const cluster = draft.cluster(index);
  const change = { goal: 'previous', pinned: false, ignored: '' } as const;
  tellToGoBack(draft, cluster);
  if (isHome(draft.plan, cluster)) draft.move(index, 'RolledBack', backMessage(cluster), change);
  else draft.move(index, 'RollingBack', '', { ...change, countingFrom: draft.elapsed });
}

/** Goes on with a rollback; ends it when every touched cluster that can be reached is settled. */
export function continueRollback(draft: Draft, observations: Observations): void {
  const waiting = draft.clusters
    .map((cluster, index) => ({ cluster, index }))
    .filter(({ cluster }) => cluster.touched > 0 && (cluster.state === 'Done' || hasFailed(cluster)))
    .sort((a, b) => b.cluster.touched - a.cluster.touched);
  let left = waiting.length;
  for (const { cluster, index } of waiting) {
    const observation = observations.get(cluster.id);
    if (!observation || observation.gone)
      draft.move(index, 'Dropped', 'it left the fleet before it was rolled back');
    else if (isOffline(draft, observation)) turnBackOffline(draft, index);
    else if (!isHeard(draft, observation)) continue;
    else if (observation.frozen) {
      draft.say(index, observation.frozen.message);
      continue;
    } else if (!hasRoom(draft, cluster)) break;
    else turnBack(draft, index);
    left -= 1;
  }
  if (left === 0 && !draft.clusters.some(isInFlight)) finishRollback(draft);
}

/** Clusters that were away when the rollout rolled back, and are heard again. */
export function bringHome(draft: Draft, observations: Observations): void {
  draft.clusters.forEach((cluster, index) => {
    if (cluster.state !== 'Deferred' || cluster.goal !== 'previous') return;
    const observation = observations.get(cluster.id);
    if (!observation || observation.gone || !isHeard(draft, observation)) return;
    if (observation.phase === 'at-target') draft.move(index, 'RolledBack', backMessage(cluster));
    else if (observation.frozen) draft.say(index, observation.frozen.message);
    else if (hasRoom(draft, cluster))
      draft.move(index, 'RollingBack', observation.message, { countingFrom: draft.elapsed, ignored: '' });
  });
}

/** A cluster that is offline is told in advance: it must not come back to the revision that the others left. */
function turnBackOffline(draft: Draft, index: number): void {
  const cluster = draft.cluster(index);
  tellToGoBack(draft, cluster);
  const change = { goal: 'previous', pinned: false, ignored: '', catchingUp: false } as const;
  if (isHome(draft.plan, cluster)) draft.move(index, 'RolledBack', backMessage(cluster), change);
  else if (cluster.state === 'Deferred')
    draft.patch(index, { ...change, message: 'offline; goes back when it returns' });
  else draft.move(index, 'Deferred', 'offline; goes back when it returns', change);
}

function tellToGoBack(draft: Draft, { id, previous }: ClusterProgress): void {
  draft.actions.push({ type: 'restore', clusterId: id, revisions: previous });
}

/** Whether there is nothing to wait for: no earlier revision is known, or it is the one that the rollout brought. */
function isHome({ revisions }: RolloutPlan, cluster: ClusterProgress): boolean {
  if (isWithoutPast(cluster)) return true;
  const { previous, state } = cluster;
  return state === 'Done' && previous.every((revision, item) => revision === revisions[item]);
}

/** Whether it has nothing to go back to: it stays on what it has taken. */
function isWithoutPast({ previous }: ClusterProgress): boolean {
  return previous.every((revision) => revision === null);
}

function hasRoom(draft: Draft, { domain }: ClusterProgress): boolean {
  const moving = draft.clusters.filter(isInFlight);
  if (moving.length >= draft.plan.maxConcurrent) return false;
  return domain === null || moving.every((other) => other.domain !== domain);
}

function finishRollback(draft: Draft): void {
  const count = (test: (cluster: ClusterProgress) => boolean) => draft.clusters.filter(test).length;
  const back = count((cluster) => cluster.state === 'RolledBack' && !isWithoutPast(cluster));
  const stay = count((cluster) => cluster.state === 'RolledBack' && isWithoutPast(cluster));
  const failed = count(({ state, goal }) => state === 'Failed' && goal === 'previous');
  const away = count(({ state, goal }) => state === 'Deferred' && goal === 'previous');
  const rest = away > 0 ? `, ${away} when they return` : '';
  const { reason } = draft.fields;
  const stays = `${clusters(stay)} had no earlier revision and ${stay === 1 ? 'stays' : 'stay'} as ${stay === 1 ? 'it is' : 'they are'}`;
  const cameBack = [
    ...(back > 0 || stay === 0 ? [`${clusters(back)} ${back === 1 ? 'is' : 'are'} back`] : []),
    ...(stay > 0 ? [stays] : []),
  ].join(', ');
  if (failed === 0) return draft.become('RolledBack', `${reason}; ${cameBack}${rest}`);
  draft.become('Failed', `${reason}; ${cameBack}${rest}, ${failed} could not be taken back`);
}
