import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { staleAfterMs } from '../fleet/domain/freshness.js';
import { revisionKey } from '../fleet/domain/gate.js';
import type { SourceFacts } from './domain/observe-cluster.js';
import type { RolloutItem } from './rollouts.js';

/** One source of one cluster in one rollout, and the revision that it is to reach. */
export interface WantedSource {
  readonly rolloutId: string;
  readonly clusterId: string;
  readonly item: RolloutItem;
  /** Null: none is known to go back to. */
  readonly revision: string | null;
  /** Only of a cluster that has not been begun it is asked where it could go back to. */
  readonly untouched: boolean;
}

/** What is known of a cluster at the time of a decision. */
export interface KnownCluster {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly gone: boolean;
  readonly heardAt: number | null;
  readonly live: boolean;
}

const keyOf = (column: string) => `regexp_replace(${column}, '^.*[:@]', '')`;
/** Has the expressions of a subquery computed once a row: the planner would copy them to where they are used. */
const once = 'OFFSET 0';
const healthy = `k.revision_key = w.key AND k.ready_status = 'True' AND k.health IN ('Healthy', 'Progressing')
  AND k.sync IN ('Synced', 'Progressing') AND k.observed_generation >= k.generation
  AND (k.attempted_revision = '' OR k.attempted_key = w.key)`;
// Ill health is held against the revision that was tried last, and not while a new attempt is under way: what goes back
// to the revision that it applied before has still the verdict on the one that it leaves.
const failed = `(k.attempted_key = w.key AND k.sync = 'Failed')
  OR (k.revision_key = w.key AND k.health = 'Unhealthy' AND k.sync <> 'Progressing'
    AND (k.attempted_revision = '' OR k.attempted_key = w.key))`;
const words = `k.kind || ' ' || k.namespace || '/' || k.name || ': ' || coalesce(nullif(k.message, ''), k.sync)`;

/** Everything about all wanted sources, in one query, in their order. Revisions are the same when their commits are. */
const factsSql = `SELECT s.revision, coalesce(s.suspended, false) AS suspended,
    CASE WHEN s.sync = 'Failed' THEN s.message ELSE '' END AS "sourceMessage",
    coalesce(s.gate_state, '') AS "gateState", coalesce(s.gate_mode, '') AS "gateMode",
    coalesce(s.gate_message, '') AS "gateMessage",
    coalesce(${keyOf('s.gate_pinned_revision')} = w.key, false) AS "gateIsWanted",
    coalesce(s.gate_pin_id, '') AS "gateFailure", coalesce(${keyOf('s.revision')} = w.key, false) AS there,
    coalesce(k.trying, false) OR (s.gate_state = 'Moving' AND ${keyOf('s.gate_pinned_revision')} = w.key) AS trying,
    k.total, k.healthy, k.suspended AS "suspendedObjects", k.failed, k.failure, k.waiting,
    greatest(k.healthy_since, CASE WHEN k.total = 0 THEN extract(epoch FROM s.changed_at) * 1000 END)::float8
      AS "healthySince",
    coalesce(k.healthy_run, '') AS "healthyRun",
    CASE WHEN NOT w.untouched THEN NULL WHEN k.total > 0 AND k.well = k.total THEN s.revision ELSE coalesce((
      SELECT i ->> 'revision' FROM rollout_clusters c JOIN rollouts r ON r.id = c.rollout_id,
        jsonb_array_elements(r.items) i
      WHERE c.cluster_id = w.cluster_id AND c.state = 'Done' AND c.rollout_id < w.rollout_id
        AND i -> 'source' ->> 'kind' = w.kind AND i -> 'source' ->> 'namespace' = w.namespace
        AND i -> 'source' ->> 'name' = w.name AND ${keyOf(`(i ->> 'revision')`)} <> w.key
      ORDER BY c.rollout_id DESC LIMIT 1),
      CASE WHEN k.total = 0 THEN nullif(s.revision, '')
        WHEN k.applied_first = k.applied_last AND ${keyOf('k.applied_first')} <> w.key THEN nullif(k.applied_first, '')
      END) END AS "lastGood"
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
    $7::boolean[]) WITH ORDINALITY AS w (rollout_id, cluster_id, kind, namespace, name, key, untouched, n)
  LEFT JOIN LATERAL (
    SELECT o.revision, o.suspended, o.sync, o.message, o.changed_at, o.gate_state, o.gate_mode, o.gate_message,
      o.gate_pinned_revision, o.gate_pin_id
    FROM object_statuses o
    WHERE o.cluster_id = w.cluster_id AND o.kind = w.kind AND o.namespace = w.namespace AND o.name = w.name
    ORDER BY o.changed_at DESC LIMIT 1
  ) s ON true
  CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE NOT k.suspended)::int AS total,
      count(*) FILTER (WHERE k.suspended)::int AS suspended,
      count(*) FILTER (WHERE NOT k.suspended AND ${healthy})::int AS healthy,
      count(*) FILTER (WHERE NOT k.suspended AND k.revision = s.revision AND k.sync = 'Synced' AND k.health = 'Healthy')::int
        AS well,
      bool_or(k.attempted_key = w.key OR k.revision_key = w.key) AS trying,
      (array_agg(${words} ORDER BY k.name) FILTER (WHERE NOT k.suspended AND (${failed})))[1] AS failed,
      coalesce(max(k.changed_at || k.key) FILTER (WHERE NOT k.suspended AND (${failed})), '') AS failure,
      (array_agg(${words} ORDER BY k.name) FILTER (WHERE NOT k.suspended AND NOT (${healthy})))[1] AS waiting,
      max(extract(epoch FROM k.changed_at) * 1000) FILTER (WHERE NOT k.suspended) AS healthy_since,
      max((SELECT c ->> 'lastTransitionTime' FROM jsonb_array_elements(k.conditions) c WHERE c ->> 'type' = 'Ready'))
        FILTER (WHERE NOT k.suspended) AS healthy_run,
      min(k.revision) FILTER (WHERE NOT k.suspended) AS applied_first,
      max(k.revision) FILTER (WHERE NOT k.suspended) AS applied_last
    FROM (
      SELECT o.kind, o.namespace, o.name, o.key, o.suspended, o.revision, o.attempted_revision, o.sync, o.health,
        o.ready_status, o.message, o.generation, o.observed_generation, o.conditions, o.changed_at,
        ${keyOf('o.revision')} AS revision_key, ${keyOf('o.attempted_revision')} AS attempted_key
      FROM object_statuses o
      WHERE o.cluster_id = w.cluster_id AND o.source_kind = w.kind AND o.source_namespace = w.namespace
        AND o.source_name = w.name AND o.kind = 'Kustomization' ${once}
    ) k
  ) k
  ORDER BY w.n`;

/** What agents have reported, as far as rollouts are about it. */
@Injectable()
export class ObservationStore {
  /** One for each wanted source, in their order. */
  async facts(manager: EntityManager, wanted: readonly WantedSource[]): Promise<readonly SourceFacts[]> {
    if (wanted.length === 0) return [];
    const rows = await manager.query<Omit<SourceFacts, 'source'>[]>(factsSql, [
      wanted.map(({ rolloutId }) => rolloutId),
      wanted.map(({ clusterId }) => clusterId),
      wanted.map(({ item }) => item.source.kind),
      wanted.map(({ item }) => item.source.namespace),
      wanted.map(({ item }) => item.source.name),
      wanted.map(({ revision }) => (revision === null ? '' : revisionKey(revision))),
      wanted.map(({ untouched }) => untouched),
    ]);
    return rows.map((row, index) => ({ ...row, source: sourceText(wanted[index]!.item.source) }));
  }

  /** Of clusters that another rollout of the same sources has begun and not let go of: which one, in words. */
  async movedElsewhere(
    manager: EntityManager,
    newcomers: readonly Newcomer[],
  ): Promise<ReadonlyMap<string, string>> {
    if (newcomers.length === 0) return new Map();
    const rows = await manager.query<(Newcomer & { id: string; environment: string })[]>(
      `SELECT DISTINCT ON (w.rollout_id, w.cluster_id) w.rollout_id AS "rolloutId", w.cluster_id AS "clusterId", r.id,
         r.environment
       FROM unnest($1::text[], $2::text[]) AS w (rollout_id, cluster_id) JOIN rollouts own ON own.id = w.rollout_id
       JOIN rollout_clusters c ON c.cluster_id = w.cluster_id AND c.rollout_id <> w.rollout_id AND c.touched > 0
       JOIN rollouts r ON r.id = c.rollout_id AND NOT r.superseded
       WHERE (c.state IN ('Moving', 'Soaking', 'RollingBack') OR (r.finished_at IS NULL AND c.state <> 'Dropped'))
         AND EXISTS (SELECT FROM jsonb_array_elements(r.items) theirs, jsonb_array_elements(own.items) ours
           WHERE theirs -> 'source' = ours -> 'source')
       ORDER BY w.rollout_id, w.cluster_id, r.id`,
      [newcomers.map(({ rolloutId }) => rolloutId), newcomers.map(({ clusterId }) => clusterId)],
    );
    return new Map(
      rows.map((row) => [newcomerKey(row), `waits for rollout ${row.id} of environment ${row.environment}`]),
    );
  }

  /** The clusters with these ids that are still there. */
  async clusters(
    manager: EntityManager,
    ids: readonly string[],
    now: Date,
  ): Promise<ReadonlyMap<string, KnownCluster>> {
    const rows = await manager.query<
      (Omit<KnownCluster, 'heardAt' | 'live'> & { readonly observedAt: Date | null })[]
    >(
      `SELECT c.id, c.name, c.labels, c.revoked AS gone, c.observed_at AS "observedAt"
       FROM fleet_clusters c WHERE c.id = ANY($1)`,
      [ids],
    );
    return new Map(
      rows.map(({ observedAt, ...cluster }) => {
        const heardAt = observedAt?.getTime() ?? null;
        const live = heardAt !== null && Math.abs(now.getTime() - heardAt) < staleAfterMs;
        return [cluster.id, { ...cluster, heardAt, live }];
      }),
    );
  }
}

/** One of a rollout and a cluster that it has not begun. */
export interface Newcomer {
  readonly rolloutId: string;
  readonly clusterId: string;
}

/** Names a newcomer in a map. */
export function newcomerKey({ rolloutId, clusterId }: Newcomer): string {
  return `${rolloutId} ${clusterId}`;
}

/** A source as messages name it. */
export function sourceText({ kind, namespace, name }: RolloutItem['source']): string {
  return `${kind} ${namespace}/${name}`;
}
