import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { freshnessOf } from '../fleet/domain/freshness.js';
import type { Member } from '../pipelines/pipelines.js';
import type { ReleaseItem } from '../releases/releases.js';
import type { HealthFact } from './domain/gates/gate-facts.js';

interface ProblemRow {
  readonly clusterId: string;
  readonly why: string;
}

/** Whether clusters are ready on a release, by what their own agents report. */
@Injectable()
export class ReleaseHealth {
  /** Clusters that have not been heard of for `offlineAfterMs` do not count, but are named. */
  async of(
    manager: EntityManager,
    items: readonly ReleaseItem[],
    members: readonly Member[],
    now: Date,
    offlineAfterMs: number,
  ): Promise<Pick<HealthFact, 'ready' | 'notReady' | 'silent'>> {
    const isSilent = ({ observedAt }: Member) =>
      observedAt === null || now.getTime() - observedAt.getTime() >= offlineAfterMs;
    const heard = members.filter((member) => !isSilent(member));
    const problems = await this.problems(
      manager,
      items,
      heard.map(({ clusterId }) => clusterId),
    );
    const why = new Map(problems.map((row) => [row.clusterId, row.why]));
    for (const { clusterId, observedAt } of heard)
      if (freshnessOf(observedAt, now) !== 'Live')
        why.set(clusterId, `not heard of since ${observedAt?.toISOString() ?? 'ever'}`);
    const notReady = heard.flatMap(({ clusterId, name }) => {
      const reason = why.get(clusterId);
      return reason === undefined ? [] : [{ cluster: name, why: reason }];
    });
    return {
      ready: heard.length - notReady.length,
      notReady,
      silent: members.filter(isSilent).map(({ name }) => name),
    };
  }

  /** One row a cluster that is not ready: its source is elsewhere, or something that builds from it is not well. */
  private async problems(
    manager: EntityManager,
    items: readonly ReleaseItem[],
    clusterIds: readonly string[],
  ): Promise<readonly ProblemRow[]> {
    if (clusterIds.length === 0) return [];
    const wanted = items.map(({ source, revision }) => ({ ...source, revision }));
    return manager.query(
      `WITH items AS (
        SELECT i.kind, i.namespace, i.name, regexp_replace(i.revision, '^.*[:@]', '') AS wanted
        FROM jsonb_to_recordset($1::jsonb) AS i (kind text, namespace text, name text, revision text)
      ), sources AS (
        SELECT c.id AS cluster_id, i.kind, i.namespace, i.name, i.wanted, s.revision, s.sync, s.health, s.message
        FROM unnest($2::text[]) AS c (id) CROSS JOIN items i
        LEFT JOIN fleet_objects s ON s.cluster_id = c.id AND s.kind = i.kind AND s.namespace = i.namespace
          AND s.name = i.name
      ), problems AS (
        SELECT s.cluster_id, 0 AS rank, CASE
          WHEN s.revision IS NULL THEN format('%s/%s/%s is not reported', s.kind, s.namespace, s.name)
          WHEN regexp_replace(s.revision, '^.*[:@]', '') <> s.wanted
            THEN format('%s/%s/%s is at %s', s.kind, s.namespace, s.name, coalesce(nullif(s.revision, ''), 'no revision'))
          ELSE format('%s/%s/%s is %s and %s', s.kind, s.namespace, s.name, s.sync, s.health) END AS why
        FROM sources s
        WHERE s.revision IS NULL OR regexp_replace(s.revision, '^.*[:@]', '') <> s.wanted
          OR s.sync <> 'Synced' OR s.health <> 'Healthy'
        UNION ALL
        SELECT o.cluster_id, 1, format('%s/%s/%s is %s and %s', o.kind, o.namespace, o.name, o.sync, o.health)
        FROM sources s JOIN fleet_objects o ON o.cluster_id = s.cluster_id AND o.source_kind = s.kind
          AND o.source_namespace = s.namespace AND o.source_name = s.name
        WHERE o.sync <> 'Synced' OR o.health <> 'Healthy'
      )
      SELECT DISTINCT ON (p.cluster_id) p.cluster_id AS "clusterId", p.why FROM problems p
      ORDER BY p.cluster_id, p.rank, p.why`,
      [JSON.stringify(wanted), clusterIds],
    );
  }
}
