import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { SourceKey } from '../standing/standing.js';
import type { GovernedSource, SourceFact } from './domain/plan-pins.js';

type FactRow = Omit<SourceFact, 'source'> & SourceKey;

/** What the tables say of sources that are governed or pinned. */
@Injectable()
export class SourceFactsStore {
  /** Of the governed sources that have no pin, and of all others that a rollout or the hub itself has pinned. `liveSince`: what was confirmed before is old. */
  async of(
    manager: EntityManager,
    governed: readonly GovernedSource[],
    liveSince: Date,
  ): Promise<readonly SourceFact[]> {
    const rows = await manager.query<FactRow[]>(
      `WITH governed AS (
         SELECT g.* FROM jsonb_to_recordset($1::jsonb) AS g ("clusterId" text, kind text, namespace text, name text)
       )
       SELECT p.cluster_id AS "clusterId", p.source_kind AS kind, p.source_namespace AS namespace, p.source_name AS name,
         '' AS revision, true AS pinned, EXISTS (
           SELECT FROM rollout_clusters c JOIN rollouts r ON r.id = c.rollout_id
           WHERE c.cluster_id = p.cluster_id AND r.finished_at IS NULL AND c.state <> 'Dropped') AS "isMoving"
       FROM pins p LEFT JOIN governed g ON g."clusterId" = p.cluster_id AND g.kind = p.source_kind
         AND g.namespace = p.source_namespace AND g.name = p.source_name
       WHERE g."clusterId" IS NULL AND (p.rollout_id IS NOT NULL OR p.requested_by = 'hub')
       UNION ALL
       SELECT g."clusterId", g.kind, g.namespace, g.name, o.revision, false, false
       FROM governed g
       JOIN fleet_artifacts o ON o.cluster_id = g."clusterId" AND o.kind = g.kind AND o.namespace = g.namespace
         AND o.name = g.name
       JOIN fleet_clusters c ON c.id = g."clusterId" AND c.observed_at >= $2
       WHERE NOT EXISTS (SELECT FROM pins p WHERE p.cluster_id = g."clusterId" AND p.source_kind = g.kind
         AND p.source_namespace = g.namespace AND p.source_name = g.name)`,
      [JSON.stringify(governed.map(({ clusterId, source }) => ({ clusterId, ...source }))), liveSince],
    );
    return rows.map(({ kind, namespace, name, ...fact }) => ({ ...fact, source: { kind, namespace, name } }));
  }
}
