import { decide } from '../domain/decide.js';
import { longestStepMs } from '../domain/draft.js';
import { isLater, reachesLater } from '../domain/later.js';
import type { Decision, Observation, Rollout, RolloutAction } from '../domain/rollout.js';
import { isFinal } from '../domain/states.js';
import { hasFailed, isInFlight } from '../domain/tally.js';

/** A promise of docs/spec/rollouts.md that was broken. */
export class BrokenPromiseError extends Error {
  override readonly name = 'BrokenPromiseError';
}

/** @throws BrokenPromiseError */
export function promise(holds: boolean, message: string | (() => string)): void {
  if (!holds) throw new BrokenPromiseError(typeof message === 'string' ? message : message());
}

type Action<Type extends RolloutAction['type']> = Extract<RolloutAction, { readonly type: Type }>;

/** What has been told to clusters so far, to see what is told twice. */
export interface Told {
  readonly pins: Map<string, number>;
  /** Clusters that a person wanted to be retried since they were told last. */
  readonly mayRetry: Set<string>;
}

/** Checks one decision against what was before. */
export function checkDecision(
  before: Rollout,
  { state: after, actions }: Decision,
  observations: ReadonlyMap<string, Observation>,
  told: Told,
): void {
  const pins = actions.filter((action) => action.type === 'pin');
  checkConcurrency(after);
  checkPins(after, pins, observations, told);
  if (pins.length > 0) checkBudget(after);
  checkRollbackOrder(before, after, actions, observations);
  checkEnd(before, after, actions);
  checkProof(before, after);
  if (observations.size > 0) checkTime(before, after, observations);
}

/** A decision that reaches no later wave is the same whatever is reported there, so that the hub need not ask. */
export function checkLater(before: Rollout, observations: readonly Observation[], now: number): void {
  const later = new Set(before.clusters.filter((one) => isLater(before, one)).map(({ id }) => id));
  if (later.size === 0) return;
  const wrong = observations.map((observation, index) =>
    later.has(observation.id)
      ? { ...observation, ...(index % 2 === 0 ? nothingKnown : allWrong) }
      : observation,
  );
  const light = decide(before, { type: 'observed', clusters: wrong }, now);
  if (reachesLater(before, light.state)) return;
  const whole = decide(before, { type: 'observed', clusters: observations }, now);
  promise(
    JSON.stringify(light) === JSON.stringify(whole),
    'what clusters of later waves report changes a decision that does not reach them',
  );
}

const nothingKnown = {
  phase: 'elsewhere',
  healthySince: null,
  healthyRun: '',
  failure: '',
  message: '',
  lastGood: [],
  movedOn: false,
} as const;
const allWrong = {
  ...nothingKnown,
  phase: 'failed',
  failure: 'f',
  message: 'is wrong',
  movedOn: true,
} as const;

function checkConcurrency({ clusters, plan }: Rollout): void {
  const moving = clusters.filter(isInFlight);
  promise(moving.length <= plan.maxConcurrent, `${moving.length} move, ${plan.maxConcurrent} may`);
  const domains = moving.flatMap(({ domain }) => domain ?? []);
  promise(new Set(domains).size === domains.length, 'two clusters of one failure domain move');
  plan.waves.forEach(({ maxConcurrent, name }, wave) => {
    const own = moving.filter(
      (cluster) => cluster.wave === wave && !cluster.catchingUp && cluster.state !== 'RollingBack',
    );
    promise(own.length <= maxConcurrent, `${own.length} of wave ${name} move, ${maxConcurrent} may`);
  });
}

function checkPins(
  after: Rollout,
  pins: readonly Action<'pin'>[],
  observations: ReadonlyMap<string, Observation>,
  told: Told,
): void {
  for (const { clusterId } of pins) {
    const cluster = after.clusters.find(({ id }) => id === clusterId)!;
    const observation = observations.get(clusterId)!;
    const times = told.pins.get(clusterId) ?? 0;
    promise(times === 0 || told.mayRetry.has(clusterId), () => `${clusterId} is updated twice`);
    told.pins.set(clusterId, times + 1);
    told.mayRetry.delete(clusterId);
    promise(after.plan.delivery !== 'follow', 'a pin although clusters follow their ref');
    promise(!observation.gone, () => `${clusterId} is told although it is gone`);
    promise(observationIsFresh(after, observation), () => `${clusterId} is told although it is silent`);
    promise(observation.frozen === null || observation.phase === 'at-target', () => `${clusterId} is frozen`);
    const { wave } = cluster;
    const open = after.waves
      .slice(0, wave ?? 0)
      .every(({ state }) => state === 'Done' || state === 'Skipped');
    promise(open, () => `${clusterId} begins before earlier waves are over`);
    promise(after.state !== 'RolledBack' && after.state !== 'RollingBack', 'a pin in a rollback');
  }
}

/** A wave begins when somebody has taken the revision, nobody who should have is away, or a person went on. */
function checkProof(before: Rollout, after: Rollout): void {
  const { clusters, waves } = after;
  waves.forEach(({ state }, wave) => {
    const begins = state !== 'Pending' && state !== 'Skipped' && before.waves[wave]!.state === 'Pending';
    if (!begins || wave === 0 || waves[wave - 1]!.state === 'Skipped') return;
    const earlier = clusters.filter((cluster) => cluster.wave !== null && cluster.wave < wave);
    const proven = clusters.some(({ state }) => state === 'Done');
    const away = earlier.find((cluster) => cluster.state === 'Deferred');
    promise(proven || !away, () => `wave ${wave} begins unproven, ${away?.id} is away`);
  });
}

/** Just after a gap or a jump of the clock nobody can tell who is offline; and a wave ends only while all of it is well. */
function checkTime(before: Rollout, after: Rollout, observations: ReadonlyMap<string, Observation>): void {
  const step = after.at - before.at;
  after.clusters.forEach((cluster, index) => {
    const was = before.clusters[index];
    if (step < 0 || step > longestStepMs)
      promise(
        cluster.state !== 'Deferred' || !was || !isInFlight(was),
        () => `${cluster.id} is deferred in a jump`,
      );
  });
  after.waves.forEach(({ state }, wave) => {
    if (state !== 'Done' || before.waves[wave]!.state !== 'Soaking') return;
    const ill = after.clusters.find((cluster) => {
      const seen = observations.get(cluster.id);
      if (cluster.wave !== wave || cluster.state !== 'Done' || seen?.phase !== 'moving') return false;
      return !seen.gone && seen.frozen === null && observationIsFresh(after, seen);
    });
    promise(ill === undefined, () => `a wave is done although ${ill?.id} is not healthy`);
  });
}

function checkBudget({ clusters, plan, accepted, state }: Rollout): void {
  if (isFinal(state)) return;
  const failed = clusters.filter(hasFailed).length;
  promise(
    failed <= Math.max(plan.failureBudget, accepted),
    `a cluster begins although ${failed} have failed, the budget is ${plan.failureBudget}`,
  );
}

function checkRollbackOrder(
  before: Rollout,
  after: Rollout,
  actions: readonly RolloutAction[],
  observations: ReadonlyMap<string, Observation>,
): void {
  const restored = new Set(
    actions.flatMap((action) => (action.type === 'restore' ? [action.clusterId] : [])),
  );
  if (restored.size === 0) return;
  const settled = before.clusters.filter(({ state }) => state === 'Done' || state === 'Failed');
  for (const { id, touched } of settled.filter((cluster) => restored.has(cluster.id))) {
    promise(touched > 0, `${id} goes back although it was not touched`);
    if (after.clusters.find((cluster) => cluster.id === id)!.state === 'Deferred') continue;
    const passedOver = after.clusters.find(
      (other) =>
        other.touched > touched &&
        (other.state === 'Done' || hasFailed(other)) &&
        before.state === 'RollingBack',
    );
    const why = passedOver && observations.get(passedOver.id);
    const excused =
      !passedOver || (why !== undefined && (why.frozen !== null || !observationIsFresh(after, why)));
    promise(excused, () => `${id} goes back before ${passedOver?.id}, which was begun later`);
  }
}

function observationIsFresh({ at, plan }: Rollout, { heardAt }: Observation): boolean {
  return heardAt !== null && Math.abs(at - heardAt) < plan.offlineAfterMs;
}

function checkEnd(before: Rollout, after: Rollout, actions: readonly RolloutAction[]): void {
  const ends = actions.filter(({ type }) => type === 'finish').length;
  const ended = isFinal(after.state) && after.state !== before.state;
  promise(ends === (ended ? 1 : 0), `${before.state} became ${after.state} with ${ends} ends told`);
  if (actions.some(({ type }) => type === 'veto'))
    promise(after.plan.veto && after.state !== 'Paused', 'a veto that nobody wanted');
}

/** A rollout that nothing disturbs any more has come to an end, and so has every cluster that it touched. */
export function checkSettled(rollout: Rollout): void {
  promise(isFinal(rollout.state), `it does not end: it is ${rollout.state} (${rollout.reason})`);
  for (const cluster of rollout.clusters) {
    const waits = cluster.state === 'Pending' || isInFlight(cluster);
    const stopped = rollout.halted && cluster.goal === 'target';
    promise(!waits, () => `${cluster.id} is stuck: ${cluster.state} (${cluster.message})`);
    promise(
      cluster.state !== 'Deferred' || stopped,
      () => `${cluster.id} is there, and never catches up (${cluster.message})`,
    );
    const left = cluster.state === 'Skipped' && cluster.cause !== 'moved-on' && cluster.touched > 0;
    promise(!left, () => `${cluster.id} was touched and is left behind as ${cluster.state}`);
  }
}
