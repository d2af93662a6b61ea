import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { isOpen } from './domain/decide.js';
import type { Rollout } from './domain/rollout.js';
import { isFinal } from './domain/states.js';
import type { RolloutItem } from './rollouts.js';
import type { ClusterRow, FullRolloutRow, RolloutSubject, StoredRollout } from './rollout-row.js';
import { changedClusterRows, rolloutRow, storedRollout } from './rollout-row.js';

/** A rollout before and after a decision. */
export interface SavedDecision {
  readonly id: string;
  readonly before: Rollout;
  readonly after: Rollout;
  readonly wakeAt: number | null;
}

/** With the hash of an environment's name. */
const laneLock = 0x726f_6c6c;

const epoch = (column: string) => `(extract(epoch FROM ${column}) * 1000)::float8`;
const time = (column: string) => `to_timestamp(${column} / 1000.0)`;

const rolloutColumns = `r.id, r.promotion_id, r.pipeline, r.environment, r.release, r.failure_domain, r.items, r.plan,
  r.requested_by, r.break_glass, r.state, r.reason, r.wave, r.waves, r.sequence, r.accepted, r.late_failures, r.halted,
  r.superseded, ${epoch('r.looked_at')} AS looked_at, r.elapsed_ms::float8, r.steady_from_ms::float8,
  ${epoch('r.wake_at')} AS wake_at`;
const clusterColumns = `c.rollout_id, c.cluster_id, c.position, c.name, c.domain, c.wave, c.state, c.message, c.cause,
  c.goal, c.touched, c.attempts, c.pinned, c.catching_up, c.previous, c.spent_ms::float8, c.counting_from_ms::float8,
  c.healthy_from_ms::float8, c.healthy_run, c.ignored, ${epoch('c.began_at')} AS began_at,
  ${epoch('c.ended_at')} AS ended_at`;

const rolloutRecord = `n (id text, state text, reason text, wave integer, waves jsonb, sequence integer, accepted integer,
  late_failures integer, halted boolean, superseded boolean, looked_at float8, elapsed_ms bigint, steady_from_ms bigint,
  wake_at float8, is_open boolean, finished boolean)`;
const clusterRecord = `n (rollout_id text, cluster_id text, position integer, name text, domain text, wave integer,
  state text, message text, cause text, goal text, touched integer, attempts integer, pinned boolean,
  catching_up boolean, previous jsonb, spent_ms bigint, counting_from_ms bigint, healthy_from_ms bigint,
  healthy_run text, ignored text, began_at float8, ended_at float8)`;
const changing =
  `state message cause goal wave touched attempts pinned catching_up previous spent_ms counting_from_ms
  healthy_from_ms healthy_run ignored began_at ended_at`.split(/\s+/);

/** The tables of rollouts: one aggregate, several at a time. */
@Injectable()
export class RolloutStore {
  async insert(manager: EntityManager, subject: RolloutSubject, rollout: Rollout, now: Date): Promise<void> {
    await manager.query(
      `INSERT INTO rollouts (id, promotion_id, pipeline, environment, release, failure_domain, items, plan, requested_by,
         break_glass, state, reason, wave, waves, sequence, accepted, late_failures, halted, superseded, looked_at,
         elapsed_ms, steady_from_ms, wake_at, is_open, created_at)
       SELECT $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, n.state, n.reason, n.wave, n.waves, n.sequence, n.accepted,
         n.late_failures, n.halted, n.superseded, $12, n.elapsed_ms, n.steady_from_ms, $12, true, $12
       FROM jsonb_to_record($1::jsonb) AS ${rolloutRecord}`,
      [
        JSON.stringify(rolloutRow(subject.id, rollout)),
        subject.id,
        subject.promotionId,
        subject.pipeline,
        subject.environment,
        subject.release,
        subject.failureDomain,
        JSON.stringify(subject.items),
        JSON.stringify(rollout.plan),
        subject.requestedBy,
        subject.breakGlass,
        now,
      ],
    );
    await this.writeClusters(manager, changedClusterRows(subject.id, null, rollout));
  }

  /** Locks and reads those that nobody else decides on just now; the others are left out. */
  async lockFree(manager: EntityManager, ids: readonly string[]): Promise<readonly StoredRollout[]> {
    return this.read(manager, ids, 'FOR UPDATE SKIP LOCKED');
  }

  /** Locks and reads one, waiting for its turn; null when it does not exist. */
  async lock(manager: EntityManager, id: string): Promise<StoredRollout | null> {
    const [stored] = await this.read(manager, [id], 'FOR UPDATE');
    return stored ?? null;
  }

  /**
   * Lets one rollout at a time start, or start again, in an environment, until the transaction ends. Comes before the
   * lock of a rollout.
   */
  async lockLane(manager: EntityManager, environment: string): Promise<void> {
    await manager.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [laneLock, environment]);
  }

  /** As `lockLane`, for the environment of a rollout. */
  async lockLaneOf(manager: EntityManager, id: string): Promise<void> {
    await manager.query(
      'SELECT pg_advisory_xact_lock($1, hashtext(r.environment)) FROM rollouts r WHERE r.id = $2',
      [laneLock, id],
    );
  }

  /** Rollouts of the same sources in the same environment, or on a cluster that both have, that nothing has taken over. */
  async lane(
    manager: EntityManager,
    {
      environment,
      items,
      clusterIds,
    }: {
      readonly environment: string;
      readonly items: readonly RolloutItem[];
      readonly clusterIds: readonly string[];
    },
  ): Promise<readonly string[]> {
    const rows = await manager.query<{ id: string }[]>(
      `SELECT r.id FROM rollouts r WHERE NOT r.superseded
         AND EXISTS (SELECT FROM jsonb_array_elements(r.items) old, jsonb_array_elements($2::jsonb) new
           WHERE old -> 'source' = new -> 'source')
         AND (r.environment = $1 OR EXISTS (SELECT FROM rollout_clusters c WHERE c.rollout_id = r.id
           AND c.cluster_id = ANY($3) AND c.state <> 'Dropped'))
       ORDER BY r.id`,
      [environment, JSON.stringify(items), clusterIds],
    );
    return rows.map(({ id }) => id);
  }

  /** Rollouts of a pipeline in other environments than these, that nothing has taken over. */
  async outside(
    manager: EntityManager,
    pipeline: string,
    environments: readonly string[],
  ): Promise<readonly string[]> {
    const rows = await manager.query<{ id: string }[]>(
      `SELECT r.id FROM rollouts r WHERE NOT r.superseded AND r.pipeline = $1 AND r.environment <> ALL($2)
       ORDER BY r.id`,
      [pipeline, environments],
    );
    return rows.map(({ id }) => id);
  }

  /** Writes what the decisions changed. */
  async save(manager: EntityManager, decisions: readonly SavedDecision[]): Promise<void> {
    if (decisions.length === 0) return;
    const rows = decisions.map(({ id, after, wakeAt }) => ({
      ...rolloutRow(id, after),
      wake_at: wakeAt,
      is_open: isOpen(after),
      finished: isFinal(after.state),
    }));
    await manager.query(
      `UPDATE rollouts SET state = n.state, reason = n.reason, wave = n.wave, waves = n.waves, sequence = n.sequence,
         accepted = n.accepted, late_failures = n.late_failures, halted = n.halted, superseded = n.superseded,
         looked_at = ${time('n.looked_at')}, elapsed_ms = n.elapsed_ms, steady_from_ms = n.steady_from_ms,
         wake_at = ${time('n.wake_at')}, is_open = n.is_open,
         started_at = coalesce(rollouts.started_at, CASE WHEN n.state <> 'Pending' THEN ${time('n.looked_at')} END),
         finished_at = CASE WHEN NOT n.finished THEN NULL WHEN rollouts.state = n.state THEN rollouts.finished_at
           ELSE ${time('n.looked_at')} END
       FROM jsonb_to_recordset($1::jsonb) AS ${rolloutRecord} WHERE rollouts.id = n.id`,
      [JSON.stringify(rows)],
    );
    const clusters = decisions.flatMap(({ id, before, after }) => changedClusterRows(id, before, after));
    await this.writeClusters(manager, clusters);
  }

  private async writeClusters(manager: EntityManager, rows: readonly ClusterRow[]): Promise<void> {
    if (rows.length === 0) return;
    await manager.query(
      `INSERT INTO rollout_clusters (rollout_id, cluster_id, position, name, domain, wave, state, message, cause, goal,
         touched, attempts, pinned, catching_up, previous, spent_ms, counting_from_ms, healthy_from_ms, healthy_run,
         ignored, began_at, ended_at)
       SELECT n.rollout_id, n.cluster_id, n.position, n.name, n.domain, n.wave, n.state, n.message, n.cause, n.goal,
         n.touched, n.attempts, n.pinned, n.catching_up, n.previous, n.spent_ms, n.counting_from_ms, n.healthy_from_ms,
         n.healthy_run, n.ignored, ${time('n.began_at')}, ${time('n.ended_at')}
       FROM jsonb_to_recordset($1::jsonb) AS ${clusterRecord}
       ON CONFLICT (rollout_id, cluster_id) DO UPDATE SET
         ${changing.map((column) => `${column} = excluded.${column}`).join(', ')}`,
      [JSON.stringify(rows)],
    );
  }

  private async read(
    manager: EntityManager,
    ids: readonly string[],
    lock: string,
  ): Promise<readonly StoredRollout[]> {
    const rows = await manager.query<FullRolloutRow[]>(
      `SELECT ${rolloutColumns} FROM rollouts r WHERE r.id = ANY($1) ORDER BY r.id ${lock}`,
      [ids],
    );
    if (rows.length === 0) return [];
    const clusters = await manager.query<ClusterRow[]>(
      `SELECT ${clusterColumns} FROM rollout_clusters c WHERE c.rollout_id = ANY($1) ORDER BY c.rollout_id, c.position`,
      [rows.map(({ id }) => id)],
    );
    const byRollout = groupByRollout(clusters);
    return rows.map((row) => storedRollout(row, byRollout.get(row.id) ?? []));
  }
}

function groupByRollout(rows: readonly ClusterRow[]): Map<string, ClusterRow[]> {
  const groups = new Map<string, ClusterRow[]>();
  for (const row of rows) {
    const group = groups.get(row.rollout_id);
    if (group) group.push(row);
    else groups.set(row.rollout_id, [row]);
  }
  return groups;
}
