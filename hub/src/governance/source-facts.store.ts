import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { SourceKey } from '../standing/standing.js';
import type { GovernedPlace, SourceFact } from './domain/plan-pins.js';

type FactRow = Omit<SourceFact, 'source'> & SourceKey;

/** What the tables say of sources that are governed or pinned. */
@Injectable()
export class SourceFactsStore {
  /**
   * Of the governed sources that have no pin, and of all others that a rollout or the hub itself has pinned: nothing
   * while all is as it should be. `liveSince`: what was confirmed before is old.
   */
  async of(
    manager: EntityManager,
    places: readonly GovernedPlace[],
    liveSince: Date,
  ): Promise<readonly SourceFact[]> {
    // Places share their clusters and pipelines their sources: the database multiplies them.
    const environments = new Map(places.map(({ environment, clusterIds }) => [environment, clusterIds]));
    const sources = places.flatMap(({ environment, sources }) =>
      sources.map((source) => ({ environment, ...source })),
    );
    const rows = await manager.query<FactRow[]>(
      `WITH governed AS MATERIALIZED (
         SELECT DISTINCT m.cluster_id, s.kind, s.namespace, s.name
         FROM jsonb_to_recordset($2::jsonb) AS s (environment text, kind text, namespace text, name text)
         JOIN (SELECT e.environment, jsonb_array_elements_text(e."clusterIds") AS cluster_id
           FROM jsonb_to_recordset($1::jsonb) AS e (environment text, "clusterIds" jsonb)) m USING (environment)
       ), unpinned AS MATERIALIZED (
         SELECT g.* FROM governed g LEFT JOIN pins p ON p.cluster_id = g.cluster_id AND p.source_kind = g.kind
           AND p.source_namespace = g.namespace AND p.source_name = g.name
         WHERE p.cluster_id IS NULL
       )
       SELECT p.cluster_id AS "clusterId", p.source_kind AS kind, p.source_namespace AS namespace, p.source_name AS name,
         '' AS revision, true AS pinned, EXISTS (
           SELECT FROM rollout_clusters c JOIN rollouts r ON r.id = c.rollout_id
           WHERE c.cluster_id = p.cluster_id AND r.finished_at IS NULL AND c.state <> 'Dropped') AS "isMoving"
       FROM pins p LEFT JOIN governed g ON g.cluster_id = p.cluster_id AND g.kind = p.source_kind
         AND g.namespace = p.source_namespace AND g.name = p.source_name
       WHERE g.cluster_id IS NULL AND (p.rollout_id IS NOT NULL OR p.requested_by = 'hub')
       UNION ALL
       SELECT u.cluster_id, u.kind, u.namespace, u.name, o.revision, false, false
       FROM unpinned u
       JOIN fleet_clusters c ON c.id = u.cluster_id AND c.observed_at >= $3
       CROSS JOIN LATERAL (
         SELECT a.revision FROM fleet_artifacts a WHERE a.cluster_id = u.cluster_id AND a.kind = u.kind
           AND a.namespace = u.namespace AND a.name = u.name) o`,
      [
        JSON.stringify([...environments].map(([environment, clusterIds]) => ({ environment, clusterIds }))),
        JSON.stringify(sources),
        liveSince,
      ],
    );
    return rows.map(({ kind, namespace, name, ...fact }) => ({ ...fact, source: { kind, namespace, name } }));
  }
}
