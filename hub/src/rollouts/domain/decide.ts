import type { Observations } from './begin.js';
import { catchUp } from './begin.js';
import { carryOut, commandProblem } from './commands.js';
import { Draft } from './draft.js';
import { judgeFailures, judgeLateFailure, react } from './failures.js';
import { dropLeaver, takeBack, takeInJoined } from './members.js';
import { progress } from './progress.js';
import { bringHome, continueRollback } from './roll-back.js';
import type { Decision, Observation, Rollout, RolloutEvent } from './rollout.js';
import { isFinal } from './states.js';
import { hasFailed, isInFlight, tallyOf } from './tally.js';
import { wakeTime } from './wake.js';
import { forgetRelapse, watch } from './watch.js';

/**
 * Decides what happens next: pure, total, and driven by what is the case, not by what was told when. `observed` is
 * the main event and safe to repeat; it has to come at the latest at `wakeAt`. After a command let an `observed`
 * follow at once: only then is it known which clusters may begin.
 */
export function decide(rollout: Rollout, event: RolloutEvent, now: number): Decision {
  const draft = new Draft(rollout, now);
  if (!rollout.superseded) apply(draft, rollout, event);
  return draft.finish(wakeTime(draft));
}

/** Whether something may still happen without a person: then it has to be looked at. */
export function isOpen({ state, superseded, clusters, plan }: Rollout): boolean {
  if (superseded) return false;
  if (!isFinal(state) || (state === 'Succeeded' && plan.joined !== 'ignore')) return true;
  return clusters.some((cluster) => cluster.state === 'Deferred' || isInFlight(cluster));
}

function apply(draft: Draft, rollout: Rollout, event: RolloutEvent): void {
  switch (event.type) {
    case 'observed':
      return observe(draft, event.clusters);
    case 'vetoed':
      return stopForVeto(draft, `vetoed by ${event.by}: ${event.reason}`);
    case 'superseded':
      return isFinal(rollout.state)
        ? handOver(draft, `rollout ${event.by} has taken over`, event.clusters)
        : undefined;
    case 'retired':
      return isFinal(rollout.state) ? handOver(draft, event.reason) : undefined;
    default:
      if (commandProblem(rollout, event.type) === null) carryOut(draft, event.type, event.by, event.reason);
  }
}

function observe(draft: Draft, list: readonly Observation[]): void {
  const observations: Observations = new Map(list.map((observation) => [observation.id, observation]));
  if (draft.state === 'Pending') draft.become('Running', '');
  const known = draft.clusters.length;
  for (let index = 0; index < known; index += 1) look(draft, index, observations);
  takeInJoined(draft, list);
  if (draft.state === 'Running' || draft.state === 'Paused') judgeFailures(draft);
  if (draft.state === 'Running') progress(draft, observations);
  if (draft.state === 'RollingBack') continueRollback(draft, observations);
  bringHome(draft, observations);
  if (isFinal(draft.state)) catchUp(draft, observations, tallyOf(draft));
}

function look(draft: Draft, index: number, observations: Observations): void {
  const before = draft.cluster(index);
  const observation = observations.get(before.id);
  if (dropLeaver(draft, index, observation)) return;
  if (!observation) return forgetRelapse(draft, index);
  if (before.state === 'Dropped') return takeBack(draft, index, observation);
  watch(draft, index, observation);
  const failedNow = draft.cluster(index) !== before && hasFailed(draft.cluster(index));
  if (failedNow && before.state !== 'Failed' && draft.state === 'Succeeded') judgeLateFailure(draft, index);
}

function stopForVeto(draft: Draft, reason: string): void {
  if (draft.state === 'Running' || draft.state === 'Paused') react(draft, reason);
  else if (draft.state === 'Succeeded') draft.fields.halted = true;
}

/**
 * Somebody else looks after the clusters that this one still had something to do with, or after some that left it, and may
 * tell them something else: one that comes back is told again.
 */
function handOver(draft: Draft, message: string, clusters?: readonly string[]): void {
  if (clusters === undefined) draft.fields.superseded = true;
  draft.clusters.forEach((cluster, index) => {
    const isTaken = clusters?.includes(cluster.id) ?? (cluster.state === 'Deferred' || isInFlight(cluster));
    if (isTaken && cluster.state !== 'Dropped') draft.move(index, 'Dropped', message, { pinned: false });
  });
}
