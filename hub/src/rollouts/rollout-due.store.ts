import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Pipelines } from '../pipelines/pipelines.js';
import { Clock } from '../platform/clock.js';
import type { DueRollout } from './domain/batches.js';
import type { Report } from './domain/report.js';

/** What may have changed something for rollouts. */
export interface Wanted {
  /** What agents have reported. */
  readonly reported: readonly Report[];
  /** Clusters that have joined, left, come back or changed their labels. */
  readonly changed: readonly string[];
  readonly rollouts: readonly string[];
  /** Nobody knows what has changed: all that are open. */
  readonly everything: boolean;
}

/**
 * Reports count for the rollouts that move what they are about; those that wait for nobody have no `wake_at`. Nobody waits
 * for longer than half a minute: a time that is further away was told by a clock that has been put back since.
 */
const dueSql = `WITH reported AS (
    SELECT * FROM unnest($5::text[], $6::text[], $7::text[], $8::text[]) AS s (cluster_id, kind, namespace, name)
    UNION SELECT o.cluster_id, o.source_kind, o.source_namespace, o.source_name
      FROM unnest($9::text[], $10::text[], $11::text[]) AS b (cluster_id, namespace, name)
      JOIN object_statuses o ON o.cluster_id = b.cluster_id AND o.kind = 'Kustomization'
        AND o.namespace = b.namespace AND o.name = b.name
  ), moved AS MATERIALIZED (
    SELECT r.id, i -> 'source' ->> 'kind' AS kind, i -> 'source' ->> 'namespace' AS namespace,
      i -> 'source' ->> 'name' AS name
    FROM rollouts r, jsonb_array_elements(r.items) i WHERE r.is_open AND r.wake_at IS NOT NULL
  )
  SELECT r.id, r.environment FROM rollouts r WHERE r.id IN (
  SELECT r.id FROM rollouts r WHERE r.wake_at <= $1 OR r.wake_at > $1::timestamptz + interval '1 minute'
  UNION SELECT r.id FROM rollouts r WHERE r.is_open AND (r.id = ANY($2) OR $4)
  UNION SELECT r.id FROM rollout_clusters c JOIN rollouts r ON r.id = c.rollout_id
    WHERE c.cluster_id = ANY($3) AND r.is_open AND r.wake_at IS NOT NULL
  UNION SELECT m.id FROM moved m JOIN reported USING (kind, namespace, name)
    JOIN rollout_clusters c ON c.rollout_id = m.id AND c.cluster_id = reported.cluster_id
  ) ORDER BY r.id`;

/** Finds the rollouts that have to be looked at. */
@Injectable()
export class RolloutDueStore {
  constructor(
    private readonly pipelines: Pipelines,
    private readonly clock: Clock,
  ) {}

  /** Open rollouts that any of this touches, or whose time has come; the oldest first. */
  async find(manager: EntityManager, wanted: Wanted): Promise<readonly DueRollout[]> {
    const { reported, changed, rollouts, everything } = wanted;
    const whole = reported.flatMap((report) => (report.about === 'cluster' ? report.clusterId : []));
    const sources = reported.flatMap((report) => (report.about === 'source' ? report : []));
    const built = reported.flatMap((report) => (report.about === 'built' ? report : []));
    const rows = await manager.query<DueRollout[]>(dueSql, [
      this.clock.now(),
      rollouts,
      [...whole, ...changed],
      everything,
      sources.map(({ clusterId }) => clusterId),
      sources.map(({ source }) => source.kind),
      sources.map(({ source }) => source.namespace),
      sources.map(({ source }) => source.name),
      built.map(({ clusterId }) => clusterId),
      built.map(({ namespace }) => namespace),
      built.map(({ name }) => name),
    ]);
    const joined = changed.length > 0 ? await this.joinedBy(manager, changed) : [];
    const known = new Set(rows.map(({ id }) => id));
    return [...rows, ...joined.filter(({ id }) => !known.has(id))];
  }

  /** Rollouts whose environment has got one of these clusters, which they do not know yet. */
  private async joinedBy(
    manager: EntityManager,
    clusterIds: readonly string[],
  ): Promise<readonly DueRollout[]> {
    const rows = await manager.query<{ id: string; environment: string; known: readonly string[] }[]>(
      `SELECT r.id, r.environment, array(SELECT c.cluster_id FROM rollout_clusters c
         WHERE c.rollout_id = r.id AND c.cluster_id = ANY($1) AND c.state <> 'Dropped') AS known
       FROM rollouts r WHERE r.is_open AND r.plan ->> 'joined' <> 'ignore' ORDER BY r.id`,
      [clusterIds],
    );
    const lists = await this.pipelines.membersOf(
      manager,
      rows.map(({ environment }) => environment),
    );
    const members = new Map(
      [...lists].map(([name, list]) => [name, new Set(list.map(({ clusterId }) => clusterId))]),
    );
    return rows.filter(({ environment, known }) =>
      clusterIds.some((id) => !known.includes(id) && members.get(environment)?.has(id)),
    );
  }
}
