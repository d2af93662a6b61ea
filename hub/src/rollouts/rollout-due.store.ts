import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Pipelines } from '../pipelines/pipelines.js';
import { Clock } from '../platform/clock.js';

/** What may have changed something for rollouts. */
export interface Wanted {
  /** Clusters that have reported. */
  readonly reported: readonly string[];
  /** Clusters that have joined, left, come back or changed their labels. */
  readonly changed: readonly string[];
  readonly rollouts: readonly string[];
  /** Nobody knows what has changed: all that are open. */
  readonly everything: boolean;
}

/** Finds the rollouts that have to be looked at. */
@Injectable()
export class RolloutDueStore {
  constructor(
    private readonly pipelines: Pipelines,
    private readonly clock: Clock,
  ) {}

  /** Open rollouts that any of this touches, or whose time has come; the oldest first. */
  async find(manager: EntityManager, wanted: Wanted): Promise<readonly string[]> {
    const { reported, changed, rollouts, everything } = wanted;
    const rows = await manager.query<{ id: string }[]>(
      `SELECT r.id FROM rollouts r WHERE r.wake_at <= $1
       UNION SELECT r.id FROM rollouts r WHERE r.is_open AND (r.id = ANY($2) OR $4)
       UNION SELECT r.id FROM rollout_clusters c JOIN rollouts r ON r.id = c.rollout_id
         WHERE c.cluster_id = ANY($3) AND r.is_open AND r.wake_at IS NOT NULL
       ORDER BY id`,
      [this.clock.now(), rollouts, [...reported, ...changed], everything],
    );
    const joined = changed.length > 0 ? await this.joinedBy(manager, changed) : [];
    return [...new Set([...rows.map(({ id }) => id), ...joined])];
  }

  /** Rollouts whose environment has got one of these clusters, which they do not know yet. */
  private async joinedBy(manager: EntityManager, clusterIds: readonly string[]): Promise<readonly string[]> {
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
    return rows
      .filter(({ environment, known }) =>
        clusterIds.some((id) => !known.includes(id) && members.get(environment)?.has(id)),
      )
      .map(({ id }) => id);
  }
}
