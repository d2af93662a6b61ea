import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { RolloutSummary } from '../rollouts.js';

/** How far rollouts are, in numbers. */
@Injectable()
export class RolloutSummaries {
  /** Rollouts of these promotions, newest first. */
  async ofPromotions(
    manager: EntityManager,
    promotionIds: readonly string[],
  ): Promise<readonly RolloutSummary[]> {
    return manager.query(
      `SELECT r.id, r.promotion_id AS "promotionId", r.state, r.reason,
         CASE WHEN r.waves -> r.wave ->> 'state' <> 'Pending' THEN r.plan -> 'waves' -> r.wave ->> 'name' END AS wave,
         CASE WHEN r.waves -> r.wave ->> 'state' <> 'Pending' THEN r.wave + 1 END AS "waveNumber",
         jsonb_array_length(r.plan -> 'waves') AS waves,
         (SELECT coalesce(json_object_agg(n.state, n.count), '{}'::json) FROM (
           SELECT c.state, count(*)::int AS count FROM rollout_clusters c WHERE c.rollout_id = r.id GROUP BY c.state
         ) n) AS clusters,
         CASE WHEN r.state IN ('Running', 'RollingBack') THEN (SELECT max(c.message) FROM rollout_clusters c
           WHERE c.rollout_id = r.id AND c.message LIKE 'frozen by %') END AS frozen,
         coalesce(r.started_at, r.created_at) AS "startedAt", r.finished_at AS "finishedAt"
       FROM rollouts r WHERE r.promotion_id = ANY($1) ORDER BY r.id DESC`,
      [promotionIds],
    );
  }
}
