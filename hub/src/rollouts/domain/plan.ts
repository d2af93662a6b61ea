import { selectorOf } from '@flotilla/common/fleet-api/cluster-selector';
import type { ClusterSelector, CountOrPercentage } from '@flotilla/common/fleet-api/fields';
import { durationMs } from '@flotilla/common/fleet-api/fields';
import type { RolloutStrategy } from '@flotilla/common/fleet-api/rollout-strategy';
import { matchesSelector } from '@flotilla/common/labels/selector';
import type { ClusterProgress, PlannedWave, Rollout, RolloutPlan } from './rollout.js';

/** A cluster that a rollout may take in. */
export interface PlanMember {
  readonly clusterId: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface PlanRequest {
  readonly kind: 'promotion' | 'rollback';
  readonly delivery: 'pins' | 'follow' | 'git';
  readonly revisions: readonly string[];
  readonly strategy: RolloutStrategy;
}

/** What is wrong with a strategy for the clusters that are there. */
export interface PlanProblem {
  /** Inside the strategy, e.g. "waves[0].selector". */
  readonly field: string;
  readonly message: string;
}

export interface WaveOfMembers {
  readonly name: string;
  readonly soakMs: number;
  readonly maxConcurrent: number;
  readonly members: readonly PlanMember[];
}

/** How many `all` a count or a percentage is; percentages are rounded up, and anything but 0 is at least 1. */
export function countOf(value: CountOrPercentage, all: number): number {
  if (typeof value === 'number') return value;
  return Math.ceil((Number(value.slice(0, -1)) * all) / 100);
}

/** A number of clusters that work at the same time: never 0. */
export function concurrencyOf(value: CountOrPercentage, all: number): number {
  return Math.max(1, countOf(value, all));
}

/** Deals the members out to the waves, by name. A wave without a cluster is a problem, not a plan. */
export function planWaves(
  strategy: RolloutStrategy,
  members: readonly PlanMember[],
): { readonly waves: readonly WaveOfMembers[]; readonly problems: readonly PlanProblem[] } {
  let left = [...members].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const problems: PlanProblem[] = [];
  const mayMove = concurrencyOf(strategy.maxConcurrent, members.length);
  const waves: WaveOfMembers[] = strategy.waves.map((wave, index) => {
    const fitting = left.filter(({ labels }) => matchesClusters(wave.selector, labels));
    const taken = fitting.slice(0, wave.size === undefined ? undefined : countOf(wave.size, members.length));
    const names = new Set(taken.map(({ clusterId }) => clusterId));
    if (taken.length === 0) problems.push(emptyWave(wave, index));
    left = left.filter(({ clusterId }) => !names.has(clusterId));
    return {
      name: wave.name,
      soakMs: wave.soak === undefined ? 0 : durationMs(wave.soak),
      maxConcurrent:
        wave.maxConcurrent === undefined ? mayMove : concurrencyOf(wave.maxConcurrent, taken.length),
      members: taken,
    };
  });
  if (left.length > 0) {
    const name = restName(strategy.waves.map((wave) => wave.name));
    waves.push({ name, soakMs: 0, maxConcurrent: mayMove, members: left });
  }
  return { waves, problems };
}

/** A rollout that has not begun. Its inputs never change from here on. */
export function newRollout(
  request: PlanRequest,
  members: readonly PlanMember[],
  waves: readonly WaveOfMembers[],
  now: number,
): Rollout {
  const plan = frozenPlan(request, members.length, waves);
  const domainOf = ({ labels }: PlanMember) => failureDomainOf(request.strategy, labels);
  return {
    plan,
    state: 'Pending',
    reason: '',
    wave: 0,
    waves: waves.map(() => ({ state: 'Pending', soakFrom: null, beganAt: null, endedAt: null })),
    clusters: waves.flatMap(({ members: own }, wave) =>
      own.map((member) => newCluster(member.clusterId, member.name, domainOf(member), wave)),
    ),
    sequence: 0,
    accepted: 0,
    lateFailures: 0,
    halted: false,
    superseded: false,
    at: now,
    elapsed: 0,
    steadyFrom: -plan.offlineAfterMs,
  };
}

/** A cluster that has not been begun. */
export function newCluster(
  id: string,
  name: string,
  domain: string | null,
  wave: number | null,
): ClusterProgress {
  return {
    id,
    name,
    domain,
    wave,
    state: wave === null ? 'Deferred' : 'Pending',
    message: '',
    cause: '',
    goal: 'target',
    touched: 0,
    attempts: 0,
    pinned: false,
    catchingUp: false,
    previous: [],
    spentMs: 0,
    countingFrom: null,
    healthyFrom: null,
    healthyRun: '',
    ignored: '',
    beganAt: null,
    endedAt: null,
  };
}

/** The failure domain of a cluster with these labels; one without the label shares it with nobody. */
export function failureDomainOf(
  { failureDomain }: Pick<RolloutStrategy, 'failureDomain'>,
  labels: Readonly<Record<string, string>>,
): string | null {
  if (failureDomain === undefined || !Object.hasOwn(labels, failureDomain)) return null;
  return labels[failureDomain] ?? null;
}

function frozenPlan(
  { kind, delivery, revisions, strategy }: PlanRequest,
  all: number,
  waves: readonly WaveOfMembers[],
): RolloutPlan {
  return {
    kind,
    delivery,
    revisions,
    waves: waves.map(({ name, maxConcurrent, soakMs }): PlannedWave => ({ name, maxConcurrent, soakMs })),
    maxConcurrent: concurrencyOf(strategy.maxConcurrent, all),
    failureBudget: countOf(strategy.failureBudget, all),
    onFailure: strategy.onFailure,
    veto: strategy.veto,
    soakMs: durationMs(strategy.soak),
    progressDeadlineMs: Math.max(1_000, durationMs(strategy.progressDeadline)),
    offlineAfterMs: durationMs(strategy.membership.offlineAfter),
    joined: strategy.membership.joined,
    relabelled: strategy.membership.relabelled,
    catchUpBatch: strategy.membership.catchUp.batch,
  };
}

function emptyWave(wave: RolloutStrategy['waves'][number], index: number): PlanProblem {
  const field = `waves[${index}]${wave.selector ? '.selector' : wave.size === undefined ? '' : '.size'}`;
  return {
    field,
    message: `wave "${wave.name}" finds no cluster: none matches, or earlier waves have taken them all`,
  };
}

function restName(names: readonly string[]): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? 'rest' : `rest-${number}`;
    if (!names.includes(name)) return name;
  }
}

function matchesClusters(
  selector: ClusterSelector | undefined,
  labels: Readonly<Record<string, string>>,
): boolean {
  return selector === undefined || matchesSelector(selectorOf(selector), labels);
}
