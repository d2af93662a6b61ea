import type { ClusterProgress, Rollout, RolloutPlan, WaveProgress } from './domain/rollout.js';
import type { RolloutState } from '@flotilla/common/fleet-api/rollout-state';
import type { RolloutItem } from './rollouts.js';

/** What a rollout is about; never changes. */
export interface RolloutSubject {
  readonly id: string;
  readonly promotionId: string;
  readonly pipeline: string;
  readonly environment: string;
  readonly release: string;
  readonly failureDomain: string | null;
  readonly items: readonly RolloutItem[];
  readonly requestedBy: string;
  readonly breakGlass: boolean;
}

/** A rollout as it is stored. */
export interface StoredRollout {
  readonly subject: RolloutSubject;
  readonly rollout: Rollout;
  /** When it was to be looked at next. */
  readonly wakeAt: number | null;
}

/** The columns of `rollouts` that change; times and durations are numbers of milliseconds. */
export interface RolloutRow {
  readonly id: string;
  readonly state: RolloutState;
  readonly reason: string;
  readonly wave: number;
  readonly waves: readonly WaveProgress[];
  readonly sequence: number;
  readonly accepted: number;
  readonly late_failures: number;
  readonly halted: boolean;
  readonly superseded: boolean;
  readonly looked_at: number;
  readonly elapsed_ms: number;
  readonly steady_from_ms: number;
}

/** A row of `rollouts` with all that is read of it. */
export interface FullRolloutRow extends RolloutRow {
  readonly promotion_id: string;
  readonly pipeline: string;
  readonly environment: string;
  readonly release: string;
  readonly failure_domain: string | null;
  readonly items: readonly RolloutItem[];
  readonly plan: RolloutPlan;
  readonly requested_by: string;
  readonly break_glass: boolean;
  readonly wake_at: number | null;
}

/** A row of `rollout_clusters`. */
export interface ClusterRow {
  readonly rollout_id: string;
  readonly cluster_id: string;
  readonly position: number;
  readonly name: string;
  readonly domain: string | null;
  readonly wave: number | null;
  readonly state: ClusterProgress['state'];
  readonly message: string;
  readonly cause: ClusterProgress['cause'];
  readonly goal: ClusterProgress['goal'];
  readonly touched: number;
  readonly attempts: number;
  readonly pinned: boolean;
  readonly catching_up: boolean;
  readonly previous: readonly (string | null)[];
  readonly spent_ms: number;
  readonly counting_from_ms: number | null;
  readonly healthy_from_ms: number | null;
  readonly healthy_run: string;
  readonly ignored: string;
  readonly began_at: number | null;
  readonly ended_at: number | null;
}

/** The part of a rollout's row that a decision may change. */
export function rolloutRow(id: string, rollout: Rollout): RolloutRow {
  return {
    id,
    state: rollout.state,
    reason: rollout.reason,
    wave: rollout.wave,
    waves: rollout.waves,
    sequence: rollout.sequence,
    accepted: rollout.accepted,
    late_failures: rollout.lateFailures,
    halted: rollout.halted,
    superseded: rollout.superseded,
    looked_at: rollout.at,
    elapsed_ms: rollout.elapsed,
    steady_from_ms: rollout.steadyFrom,
  };
}

/** The row of a cluster. */
export function clusterRow(rolloutId: string, position: number, cluster: ClusterProgress): ClusterRow {
  return {
    rollout_id: rolloutId,
    cluster_id: cluster.id,
    position,
    name: cluster.name,
    domain: cluster.domain,
    wave: cluster.wave,
    state: cluster.state,
    message: cluster.message,
    cause: cluster.cause,
    goal: cluster.goal,
    touched: cluster.touched,
    attempts: cluster.attempts,
    pinned: cluster.pinned,
    catching_up: cluster.catchingUp,
    previous: cluster.previous,
    spent_ms: cluster.spentMs,
    counting_from_ms: cluster.countingFrom,
    healthy_from_ms: cluster.healthyFrom,
    healthy_run: cluster.healthyRun,
    ignored: cluster.ignored,
    began_at: cluster.beganAt,
    ended_at: cluster.endedAt,
  };
}

/** The rows of the clusters that changed: those that the two states do not share. */
export function changedClusterRows(
  id: string,
  before: Rollout | null,
  after: Rollout,
): readonly ClusterRow[] {
  if (before?.clusters === after.clusters) return [];
  return after.clusters.flatMap((cluster, position) =>
    before?.clusters[position] === cluster ? [] : [clusterRow(id, position, cluster)],
  );
}

/** A rollout from its rows; `clusters` in the order of the plan. */
export function storedRollout(row: FullRolloutRow, clusters: readonly ClusterRow[]): StoredRollout {
  return {
    wakeAt: row.wake_at,
    subject: {
      id: row.id,
      promotionId: row.promotion_id,
      pipeline: row.pipeline,
      environment: row.environment,
      release: row.release,
      failureDomain: row.failure_domain,
      items: row.items,
      requestedBy: row.requested_by,
      breakGlass: row.break_glass,
    },
    rollout: {
      plan: row.plan,
      state: row.state,
      reason: row.reason,
      wave: row.wave,
      waves: row.waves,
      clusters: clusters.map(clusterFrom),
      sequence: row.sequence,
      accepted: row.accepted,
      lateFailures: row.late_failures,
      halted: row.halted,
      superseded: row.superseded,
      at: row.looked_at,
      elapsed: row.elapsed_ms,
      steadyFrom: row.steady_from_ms,
    },
  };
}

function clusterFrom(row: ClusterRow): ClusterProgress {
  return {
    id: row.cluster_id,
    name: row.name,
    domain: row.domain,
    wave: row.wave,
    state: row.state,
    message: row.message,
    cause: row.cause,
    goal: row.goal,
    touched: row.touched,
    attempts: row.attempts,
    pinned: row.pinned,
    catchingUp: row.catching_up,
    previous: row.previous,
    spentMs: row.spent_ms,
    countingFrom: row.counting_from_ms,
    healthyFrom: row.healthy_from_ms,
    healthyRun: row.healthy_run,
    ignored: row.ignored,
    beganAt: row.began_at,
    endedAt: row.ended_at,
  };
}
