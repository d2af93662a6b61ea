import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { CommitPlace } from '../../fleet/commit-places.js';
import { CommitPlaces } from '../../fleet/commit-places.js';
import type { CommitQuery } from '../../fleet/domain/commit.js';
import { commitSql } from '../../fleet/read-models/commit-sql.js';
import { Pipelines } from '../../pipelines/pipelines.js';
import { SqlConditions } from '../../paging/sql-conditions.js';
import { progressText } from '../domain/progress-text.js';
import { RolloutSummaries } from './rollout-summaries.js';

type Place = CommitPlace & { readonly clusterId: string | null };

const promotionColumns = `p.pipeline, p.environment, p.release_name AS release, p.id AS promotion,
  p.state AS "promotionState", p.waiting_for AS "waitingFor", p.waiting_until AS "waitingUntil"`;

/** Where a commit is on its way: in the rollouts that move it, and at the gates that it has not passed yet. */
@Injectable()
export class RolloutPlaces extends CommitPlaces {
  constructor(
    private readonly database: DataSource,
    private readonly pipelines: Pipelines,
    private readonly summaries: RolloutSummaries,
  ) {
    super();
  }

  async of(query: CommitQuery): Promise<ReadonlyMap<string, readonly CommitPlace[]>> {
    const [moved, waiting] = await Promise.all([this.moved(query), this.waiting(query)]);
    const places = new Map<string, CommitPlace[]>();
    const add = (clusterId: string, place: CommitPlace): void => {
      const list = places.get(clusterId) ?? [];
      const known = list.some(
        ({ pipeline, environment }) => pipeline === place.pipeline && environment === place.environment,
      );
      if (!known) places.set(clusterId, [...list, place]);
    };
    for (const { clusterId, ...place } of moved) if (clusterId !== null) add(clusterId, place);
    for (const { clusterId: _, ...place } of waiting) {
      const members = await this.pipelines.members(this.database.manager, place.environment);
      for (const { clusterId } of members) add(clusterId, place);
    }
    return places;
  }

  /** Clusters in rollouts of it, the newest rollout first. */
  private async moved(query: CommitQuery): Promise<readonly Place[]> {
    const where = new SqlConditions();
    // What Git was written for is found by its own commit, too.
    where.add((bind) =>
      ['revision', 'released']
        .map((field) => `(${commitSql(query, `(i ->> '${field}')`, bind)})`)
        .join(' OR '),
    );
    const places = await this.database.query<Place[]>(
      `SELECT c.cluster_id AS "clusterId", ${promotionColumns}, r.id AS rollout, r.state AS "rolloutState",
         r.plan -> 'waves' -> c.wave ->> 'name' AS wave, c.state AS "clusterState", c.message
       FROM rollouts r JOIN promotions p ON p.id = r.promotion_id JOIN rollout_clusters c ON c.rollout_id = r.id
       WHERE EXISTS (SELECT FROM jsonb_array_elements(r.items) i ${where.sql}) ORDER BY r.id DESC`,
      where.values,
    );
    return this.withProgress(places);
  }

  /** Says which rollout a promotion waits for, and how far that is. */
  private async withProgress(places: readonly Place[]): Promise<readonly Place[]> {
    const moving = places.filter(({ promotionState }) =>
      ['RollingOut', 'RollingBack'].includes(promotionState),
    );
    if (moving.length === 0) return places;
    const ids = [...new Set(moving.map(({ promotion }) => promotion))];
    const summaries = await this.summaries.ofPromotions(this.database.manager, ids);
    const texts = new Map(summaries.map((summary) => [summary.id, progressText(summary)]));
    return places.map((place) => {
      const text = moving.includes(place) ? texts.get(place.rollout ?? '') : undefined;
      return text === undefined ? place : { ...place, waitingFor: text };
    });
  }

  /** Promotions of it that have not come to a rollout. */
  private async waiting(query: CommitQuery): Promise<readonly Place[]> {
    const where = new SqlConditions();
    where.add((bind) => commitSql(query, `(i ->> 'revision')`, bind));
    return this.database.query(
      `SELECT NULL AS "clusterId", ${promotionColumns}, NULL AS rollout, NULL AS "rolloutState", NULL AS wave,
         NULL AS "clusterState", p.reason AS message
       FROM releases l JOIN promotions p ON p.release_id = l.id AND p.rollout_id IS NULL AND p.ended_at IS NULL
       WHERE EXISTS (SELECT FROM jsonb_array_elements(l.items) i ${where.sql}) ORDER BY p.id DESC`,
      where.values,
    );
  }
}
