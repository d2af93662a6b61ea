import type { Draft } from './draft.js';
import type { ClusterProgress, Observation } from './rollout.js';

/** Whether the agent has been heard lately: only then may a cluster begin. */
export function isHeard({ plan, now }: Draft, { heardAt }: Observation): boolean {
  return heardAt !== null && Math.abs(now - heardAt) < plan.offlineAfterMs;
}

/** Whether nothing has been heard of a cluster for too long. Just after a gap or a jump of the clock nobody can tell. */
export function isOffline(draft: Draft, observation: Observation): boolean {
  const steadyMs = draft.elapsed - draft.fields.steadyFrom;
  return !isHeard(draft, observation) && steadyMs >= draft.plan.offlineAfterMs;
}

/** Takes in what is known of a cluster that has been begun, or is done. Changes nothing of one that waits. */
export function watch(draft: Draft, index: number, observation: Observation): void {
  const { state, goal } = draft.cluster(index);
  if (state === 'Moving') watchMoving(draft, index, observation);
  else if (state === 'Soaking') watchSoaking(draft, index, observation);
  else if (state === 'RollingBack') watchRollingBack(draft, index, observation);
  else if (state === 'Done' && goal === 'target') watchDone(draft, index, observation);
}

function watchMoving(draft: Draft, index: number, observation: Observation): void {
  if (isOffline(draft, observation)) return defer(draft, index);
  if (observation.phase === 'at-target') return soak(draft, index, observation);
  if (hasFailedAnew(draft.cluster(index), observation)) return fail(draft, index, observation.message);
  if (observation.frozen) return standStill(draft, index, observation.frozen.message);
  if (observation.movedOn) return moveOn(draft, index, observation);
  if (count(draft, index, observation)) {
    if (draft.plan.delivery === 'follow' && observation.phase === 'elsewhere')
      moveOn(draft, index, observation);
    else fail(draft, index, hung(draft, observation.message));
  }
}

function watchSoaking(draft: Draft, index: number, observation: Observation): void {
  if (isOffline(draft, observation)) return defer(draft, index);
  const cluster = draft.cluster(index);
  if (observation.phase === 'at-target') {
    if (cluster.healthyRun !== observation.healthyRun)
      draft.patch(index, { healthyRun: observation.healthyRun, healthyFrom: draft.elapsed });
    return finishSoak(draft, index, observation);
  }
  if (observation.phase === 'failed' || observation.phase === 'refused')
    return fail(draft, index, observation.message);
  if (observation.movedOn) return moveOn(draft, index, observation);
  draft.move(index, 'Moving', observation.message || 'not healthy any more', {
    spentMs: cluster.spentMs,
    countingFrom: draft.elapsed,
  });
}

/** A cluster that is done can still fail while the rollout lasts: then others must not follow it. */
function watchDone(draft: Draft, index: number, observation: Observation): void {
  const { state } = draft;
  if (state !== 'Running' && state !== 'Paused') return;
  const away = isOffline(draft, observation) || observation.gone;
  if (observation.phase === 'failed' && !away)
    return fail(draft, index, `failed after it was done: ${observation.message}`);
  if (away || observation.phase !== 'moving' || observation.frozen) return forgetRelapse(draft, index);
  if (count(draft, index, observation)) fail(draft, index, hung(draft, observation.message));
}

/** A cluster that is done is well again, or nobody can tell any more. */
export function forgetRelapse(draft: Draft, index: number): void {
  const { state, countingFrom } = draft.cluster(index);
  if (state === 'Done' && countingFrom !== null)
    draft.patch(index, { countingFrom: null, spentMs: 0, message: '' });
}

function watchRollingBack(draft: Draft, index: number, observation: Observation): void {
  if (isOffline(draft, observation)) return defer(draft, index);
  if (observation.phase === 'at-target')
    return draft.move(index, 'RolledBack', backMessage(draft.cluster(index)));
  if (hasFailedAnew(draft.cluster(index), observation))
    return fail(draft, index, `the rollback failed: ${observation.message}`);
  if (observation.frozen) return standStill(draft, index, observation.frozen.message);
  if (count(draft, index, observation))
    fail(draft, index, `the rollback failed: ${hung(draft, observation.message)}`);
}

/** The agent reports the revision, healthy: it soaks, or has already done so where it was there before. */
function soak(draft: Draft, index: number, observation: Observation): void {
  const { spentMs, countingFrom, beganAt } = draft.cluster(index);
  const credit = beganAt === draft.now ? Math.max(0, draft.now - (observation.healthySince ?? draft.now)) : 0;
  draft.move(index, 'Soaking', observation.message, {
    spentMs: spentMs + (countingFrom === null ? 0 : draft.elapsed - countingFrom),
    healthyFrom: draft.elapsed - credit,
    healthyRun: observation.healthyRun,
  });
  finishSoak(draft, index, observation);
}

function finishSoak(draft: Draft, index: number, observation: Observation): void {
  const { healthyFrom, catchingUp } = draft.cluster(index);
  const soakedMs = draft.elapsed - (healthyFrom ?? draft.elapsed);
  if (soakedMs < draft.plan.soakMs || !observation.live) return;
  draft.move(index, 'Done', observation.message || (catchingUp ? 'caught up' : ''));
}

/** Lets the deadline run; says whether it has passed. */
function count(draft: Draft, index: number, observation: Observation): boolean {
  const { countingFrom, spentMs, ignored } = draft.cluster(index);
  if (ignored !== '' && !isFailure(observation)) draft.patch(index, { ignored: '' });
  draft.say(index, observation.message);
  if (countingFrom === null) draft.patch(index, { countingFrom: draft.elapsed });
  return spentMs + draft.elapsed - (countingFrom ?? draft.elapsed) >= draft.plan.progressDeadlineMs;
}

/** The deadline stands still while a freeze keeps the cluster where it is. */
function standStill(draft: Draft, index: number, message: string): void {
  const { countingFrom, spentMs } = draft.cluster(index);
  draft.say(index, message);
  if (countingFrom !== null)
    draft.patch(index, { countingFrom: null, spentMs: spentMs + draft.elapsed - countingFrom });
}

function isFailure({ phase }: Observation): boolean {
  return phase === 'failed' || phase === 'refused';
}

/** A failure that was there before the cluster was begun is none of this attempt. */
function hasFailedAnew({ ignored }: ClusterProgress, observation: Observation): boolean {
  return isFailure(observation) && observation.failure !== ignored;
}

function fail(draft: Draft, index: number, message: string): void {
  draft.move(index, 'Failed', message || 'failed');
}

function defer(draft: Draft, index: number): void {
  const { goal } = draft.cluster(index);
  const then = goal === 'target' ? 'catches up' : 'is rolled back';
  draft.move(index, 'Deferred', `offline; ${then} when it returns`, { catchingUp: false });
}

function moveOn(draft: Draft, index: number, observation: Observation): void {
  draft.move(index, 'Skipped', observation.message || 'it has moved on to another revision', {
    cause: 'moved-on',
  });
}

/** What a cluster says that has its earlier revision again. */
export function backMessage({ previous, cause }: ClusterProgress): string {
  const back = previous.some((revision) => revision !== null)
    ? 'back at its own last good revision'
    : 'no earlier revision is known: the pin was taken away';
  return cause === 'caught-up-badly' ? `failed while it caught up; ${back}` : back;
}

function hung(draft: Draft, message: string): string {
  const limit = `not healthy at the revision within ${draft.plan.progressDeadlineMs / 1000} s`;
  return message === '' ? limit : `${limit}: ${message}`;
}
