import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { DeliveryState } from './domain/promotion.js';
import type { LaneKey } from './promotion.store.js';

/** What an environment of a pipeline was promoted to last. */
export interface CurrentRelease {
  readonly pipeline: string;
  readonly environment: string;
  readonly promotionId: string;
  readonly releaseId: string;
  readonly name: string;
  readonly number: number;
  readonly promotedAt: Date;
}

/** A promotion of anybody that moves clusters now. */
export interface MovingPromotion extends LaneKey {
  readonly id: string;
  readonly releaseId: string;
  readonly releaseName: string;
}

/** Questions about what promotions have done. */
@Injectable()
export class LaneHistoryStore {
  /** By environment. */
  async current(manager: EntityManager, pipeline: string): Promise<ReadonlyMap<string, CurrentRelease>> {
    const rows = await this.currentOf(manager, [pipeline]);
    return new Map(rows.map((row) => [row.environment, row]));
  }

  /** Of several pipelines. */
  async currentOf(manager: EntityManager, pipelines: readonly string[]): Promise<readonly CurrentRelease[]> {
    return manager.query(
      `SELECT DISTINCT ON (p.pipeline, p.environment) p.pipeline, p.environment, p.id AS "promotionId", p.release_id AS "releaseId",
         p.release_name AS name, p.release_number AS number, p.ended_at AS "promotedAt"
       FROM promotions p WHERE p.pipeline = ANY($1) AND p.state = 'Promoted' AND p.retired_at IS NULL
       ORDER BY p.pipeline, p.environment, p.ended_order DESC`,
      [pipelines],
    );
  }

  /** Where a release has been promoted, and when last. */
  async promotedAt(
    manager: EntityManager,
    pipeline: string,
    releaseId: string,
  ): Promise<ReadonlyMap<string, Date>> {
    const rows: { environment: string; at: Date }[] = await manager.query(
      `SELECT p.environment, max(p.ended_at) AS at FROM promotions p
       WHERE p.pipeline = $1 AND p.release_id = $2 AND p.state = 'Promoted' AND p.retired_at IS NULL
       GROUP BY p.environment`,
      [pipeline, releaseId],
    );
    return new Map(rows.map(({ environment, at }) => [environment, at]));
  }

  /** By environment to which a release was moved as what Git was written: what the last promotion there made of it. */
  async delivered(
    manager: EntityManager,
    pipeline: string,
    releaseId: string,
  ): Promise<ReadonlyMap<string, DeliveryState['revisions']>> {
    const rows: { environment: string; revisions: DeliveryState['revisions'] | null }[] = await manager.query(
      `SELECT DISTINCT ON (p.environment) p.environment, p.delivery -> 'revisions' AS revisions FROM promotions p
       WHERE p.pipeline = $1 AND p.release_id = $2 AND p.rollout_id IS NOT NULL AND p.retired_at IS NULL
       ORDER BY p.environment, p.id DESC`,
      [pipeline, releaseId],
    );
    return new Map(rows.map(({ environment, revisions }) => [environment, revisions ?? []]));
  }

  /** The newest release that is promoted in all of these environments. */
  async newestPromotedInAll(
    manager: EntityManager,
    pipeline: string,
    environments: readonly string[],
  ): Promise<string | null> {
    const rows: { releaseId: string }[] = await manager.query(
      `SELECT p.release_id AS "releaseId" FROM promotions p
       WHERE p.pipeline = $1 AND p.environment = ANY($2) AND p.state = 'Promoted' AND p.retired_at IS NULL
       GROUP BY p.release_id, p.release_number
       HAVING count(DISTINCT p.environment) = $3
       ORDER BY p.release_number DESC LIMIT 1`,
      [pipeline, environments, new Set(environments).size],
    );
    return rows[0]?.releaseId ?? null;
  }

  /** Whether a release has ever been on its way here, by itself or by hand. */
  async wasPromoted(manager: EntityManager, lane: LaneKey, releaseId: string): Promise<boolean> {
    const rows: unknown[] = await manager.query(
      `SELECT 1 FROM promotions p WHERE p.pipeline = $1 AND p.environment = $2 AND p.release_id = $3
         AND p.retired_at IS NULL LIMIT 1`,
      [lane.pipeline, lane.environment, releaseId],
    );
    return rows.length > 0;
  }

  /** Everything that moves, anywhere. */
  async moving(manager: EntityManager): Promise<readonly MovingPromotion[]> {
    return manager.query(
      `SELECT p.id, p.pipeline, p.environment, p.release_id AS "releaseId", p.release_name AS "releaseName"
       FROM promotions p WHERE p.state IN ('RollingOut', 'Verifying', 'RollingBack') ORDER BY p.id`,
    );
  }

  /**
   * Lanes in which something has not settled that the lane itself decides. What only moves is decided by its rollout,
   * which leaves a note for the lane in the transaction of its end.
   */
  async openLanes(manager: EntityManager): Promise<readonly LaneKey[]> {
    return manager.query(
      `SELECT DISTINCT p.pipeline, p.environment FROM promotions p
       WHERE p.retired_at IS NULL AND ((p.ended_at IS NULL AND p.state NOT IN ('RollingOut', 'RollingBack'))
         OR p.delivery ->> 'phase' = 'wait' OR EXISTS (SELECT 1 FROM promotion_rollout_news n WHERE n.promotion_id = p.id))`,
    );
  }
}
