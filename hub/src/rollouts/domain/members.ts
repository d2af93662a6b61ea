import type { Draft } from './draft.js';
import type { ClusterProgress, Observation } from './rollout.js';
import { newCluster } from './plan.js';
import { isFinal } from './states.js';
import { isInFlight } from './tally.js';

/** Takes out a cluster that has left the fleet, or that does not match any more and may be dropped; says whether it did. */
export function dropLeaver(draft: Draft, index: number, observation: Observation | undefined): boolean {
  const cluster = draft.cluster(index);
  const waits = cluster.state === 'Pending' || cluster.state === 'Deferred';
  if (!waits && !isInFlight(cluster)) return false;
  if (!observation || observation.gone) {
    draft.move(index, 'Dropped', 'it left the fleet');
    return true;
  }
  const mayDrop = waits && cluster.touched === 0 && draft.plan.relabelled === 'drop';
  if (observation.member || !mayDrop) return false;
  draft.move(index, 'Dropped', 'its labels do not match the environment any more');
  return true;
}

/** Takes in clusters that belong to the environment since the rollout began, by the declared policy. */
export function takeInJoined(draft: Draft, observations: readonly Observation[]): void {
  if (!takesIn(draft)) return;
  const known = new Set(draft.clusters.map(({ id }) => id));
  for (const { id, name, domain, member, gone } of observations) {
    if (!member || gone || known.has(id) || draft.plan.joined === 'ignore') continue;
    const wave = waveOfJoined(draft);
    const message = wave === null ? 'joined later; catches up' : 'joined later';
    draft.add({ ...newCluster(id, name, domain, wave), message });
  }
}

/** A cluster that was dropped and belongs to the environment again. */
export function takeBack(draft: Draft, index: number, observation: Observation): void {
  const cluster = draft.cluster(index);
  if (observation.gone || !observation.member) return;
  if (cluster.touched > 0) return takeBackTouched(draft, index, cluster);
  if (!takesIn(draft) || draft.plan.joined === 'ignore') return;
  const wave = waveOfJoined(draft);
  draft.move(index, wave === null ? 'Deferred' : 'Pending', 'joined again', { wave });
}

/** It still has the pin: it goes on, or goes back where the others have gone back. */
function takeBackTouched(draft: Draft, index: number, { goal, id, previous }: ClusterProgress): void {
  if (draft.state === 'RollingBack' || draft.state === 'RolledBack') {
    if (goal === 'target') draft.actions.push({ type: 'restore', clusterId: id, revisions: previous });
    draft.move(index, 'Deferred', 'is back; goes back to its own last good revision', {
      goal: 'previous',
      pinned: false,
    });
  } else if (takesIn(draft)) draft.move(index, 'Deferred', 'is back; catches up');
}

function takesIn({ state, fields }: Draft): boolean {
  return !fields.superseded && (!isFinal(state) || state === 'Succeeded') && state !== 'RollingBack';
}

/** Where a cluster that joins goes: into the last wave while there is one, else after the rollout. */
function waveOfJoined({ plan, fields }: Draft): number | null {
  const last = plan.waves.length - 1;
  return plan.joined === 'last-wave' && !isFinal(fields.state) && fields.wave <= last ? last : null;
}
