import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Clock } from '../platform/clock.js';

/** What may have changed something for rollouts. */
export interface Wanted {
  /** Clusters that have reported, joined, left or changed their labels. */
  readonly clusters: readonly string[];
  readonly rollouts: readonly string[];
  /** Nobody knows what has changed: all that are open. */
  readonly everything: boolean;
}

/** Finds the rollouts that have to be looked at. */
@Injectable()
export class RolloutDueStore {
  constructor(private readonly clock: Clock) {}

  /** Open rollouts that any of this touches, or whose time has come; the oldest first. */
  async find(manager: EntityManager, { clusters, rollouts, everything }: Wanted): Promise<readonly string[]> {
    const rows = await manager.query<{ id: string }[]>(
      `SELECT r.id FROM rollouts r WHERE r.wake_at <= $1
       UNION SELECT r.id FROM rollouts r WHERE r.is_open AND (r.id = ANY($2) OR $4)
       UNION SELECT r.id FROM rollout_clusters c JOIN rollouts r ON r.id = c.rollout_id
         WHERE c.cluster_id = ANY($3) AND r.is_open
       UNION SELECT r.id FROM rollouts r WHERE r.is_open AND EXISTS (
         SELECT FROM unnest($3::text[]) AS told (id)
         WHERE NOT EXISTS (SELECT FROM rollout_clusters c WHERE c.cluster_id = told.id AND c.rollout_id = r.id))
         AND cardinality($3::text[]) > 0 AND r.state IN ('Running', 'Paused', 'Succeeded') AND r.plan ->> 'joined' <> 'ignore'
       ORDER BY id`,
      [this.clock.now(), rollouts, clusters, everything],
    );
    return rows.map(({ id }) => id);
  }
}
