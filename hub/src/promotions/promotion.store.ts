import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { RolloutNews } from './domain/events.js';
import type { Approval, GateState, Promotion } from './domain/promotion.js';
import { promotionFrom, promotionSql } from './promotion-row.js';
import type { PromotionRow } from './promotion-row.js';

/** An environment of a pipeline: where promotions queue up. */
export interface LaneKey {
  readonly pipeline: string;
  readonly environment: string;
}

/** What a rollout told. */
export interface StoredNews extends RolloutNews {
  readonly seq: string;
  readonly promotionId: string;
  readonly rolloutId: string;
}

/** The tables of promotions. Rows are written only while their lane is locked, except new ones. */
@Injectable()
export class PromotionStore {
  /** One decision at a time in a lane, until the transaction ends. */
  async lockLane(manager: EntityManager, { pipeline, environment }: LaneKey): Promise<void> {
    const values = [pipeline, environment];
    const lock = () =>
      manager.query<unknown[]>(
        'SELECT 1 FROM promotion_lanes l WHERE l.pipeline = $1 AND l.environment = $2 FOR UPDATE',
        values,
      );
    if ((await lock()).length > 0) return;
    await manager.query(
      'INSERT INTO promotion_lanes (pipeline, environment) VALUES ($1, $2) ON CONFLICT DO NOTHING',
      values,
    );
    await lock();
  }

  /** What may change: has not ended, or its rollout told something, or Git still offers it. */
  async ofLane(manager: EntityManager, { pipeline, environment }: LaneKey): Promise<readonly Promotion[]> {
    const rows: PromotionRow[] = await manager.query(
      `${promotionSql} WHERE p.pipeline = $1 AND p.environment = $2 AND p.retired_at IS NULL
         AND (p.ended_at IS NULL OR p.delivery ->> 'phase' = 'wait'
           OR EXISTS (SELECT 1 FROM promotion_rollout_news n WHERE n.promotion_id = p.id))
       ORDER BY p.id`,
      [pipeline, environment],
    );
    return rows.map(promotionFrom);
  }

  async find(manager: EntityManager, id: string): Promise<Promotion | null> {
    const rows: PromotionRow[] = await manager.query(`${promotionSql} WHERE p.id = $1`, [id]);
    return rows[0] ? promotionFrom(rows[0]) : null;
  }

  /** Those of pipelines that have not ended, oldest first. */
  async open(manager: EntityManager, pipelines: readonly string[]): Promise<readonly Promotion[]> {
    const rows: PromotionRow[] = await manager.query(
      `${promotionSql} WHERE p.pipeline = ANY($1) AND p.ended_at IS NULL ORDER BY p.id`,
      [pipelines],
    );
    return rows.map(promotionFrom);
  }

  /**
   * What moves in the lane of a promotion besides it, also what has just been started again and does not say so yet.
   * The rollouts let one at a time start, or start again, in an environment.
   */
  async otherMoving(manager: EntityManager, id: string): Promise<Promotion | null> {
    const rows: PromotionRow[] = await manager.query(
      `${promotionSql} WHERE p.id <> $1 AND (p.state IN ('RollingOut', 'Verifying', 'RollingBack')
           OR EXISTS (SELECT FROM promotion_rollout_news n WHERE n.promotion_id = p.id
             AND n.state IN ('Running', 'RollingBack')))
         AND (p.pipeline, p.environment) = (SELECT o.pipeline, o.environment FROM promotions o WHERE o.id = $1) LIMIT 1`,
      [id],
    );
    return rows[0] ? promotionFrom(rows[0]) : null;
  }

  /** Whether a rollout of it still has something to do with a cluster, be it after its end. */
  async movesClusters(manager: EntityManager, id: string): Promise<boolean> {
    const rows: unknown[] = await manager.query(
      `SELECT 1 FROM rollouts r JOIN rollout_clusters c ON c.rollout_id = r.id
       WHERE r.promotion_id = $1 AND c.state IN ('Moving', 'Soaking', 'RollingBack', 'Deferred') LIMIT 1`,
      [id],
    );
    return rows.length > 0;
  }

  /** False when the hub has promoted this release here before. */
  async insert(manager: EntityManager, promotion: Promotion, now: Date): Promise<boolean> {
    const rows: unknown[] = await manager.query(
      `INSERT INTO promotions (id, pipeline, environment, release_id, release_name, release_number, origin, priority,
         requested_by, state, reason, waiting_for, authors, created_at, updated_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', $11, $12, $13, $14)
       ON CONFLICT DO NOTHING RETURNING id`,
      [
        promotion.id,
        promotion.pipeline,
        promotion.environment,
        promotion.releaseId,
        promotion.releaseName,
        promotion.releaseNumber,
        promotion.origin,
        promotion.priority,
        promotion.requestedBy,
        promotion.state,
        promotion.waitingFor,
        JSON.stringify(promotion.authors),
        promotion.createdAt,
        now,
      ],
    );
    return rows.length > 0;
  }

  async save(manager: EntityManager, promotion: Promotion, now: Date): Promise<void> {
    const json = (value: unknown) => (value === null ? null : JSON.stringify(value));
    await manager.query(
      `UPDATE promotions SET priority = $2, state = $3, reason = $4, waiting_for = $5, waiting_until = $6, authors = $7,
         delivery = $8, rollout_id = $9, wish = $10, on_failure = $11, started_at = $12, rolled_out_at = $13,
         ended_order = CASE WHEN $14::timestamptz IS NULL THEN NULL
           WHEN state = $3 AND ended_order IS NOT NULL THEN ended_order ELSE nextval('promotion_ends') END,
         ended_at = $14, updated_at = $15
       WHERE id = $1`,
      [
        promotion.id,
        promotion.priority,
        promotion.state,
        promotion.reason,
        promotion.waitingFor,
        promotion.waitingUntil,
        json(promotion.authors),
        json(promotion.delivery),
        promotion.rolloutId,
        json(promotion.wish),
        promotion.onFailure,
        promotion.startedAt,
        promotion.rolledOutAt,
        promotion.endedAt,
        now,
      ],
    );
    await this.saveGates(manager, promotion.id, promotion.gates);
    await this.saveApprovals(manager, promotion.id, promotion.approvals);
  }

  /** In the rollout's transaction, which holds its row: nothing of promotions is locked here. */
  async tell(manager: EntityManager, news: Omit<StoredNews, 'seq'>, now: Date): Promise<void> {
    await manager.query(
      `INSERT INTO promotion_rollout_news (promotion_id, rollout_id, state, reason, told_at) VALUES ($1, $2, $3, $4, $5)`,
      [news.promotionId, news.rolloutId, news.state, news.reason, now],
    );
  }

  /** What rollouts told of these promotions, in order; it is told once. */
  async takeNews(manager: EntityManager, promotionIds: readonly string[]): Promise<readonly StoredNews[]> {
    const [rows] = await manager.query<[StoredNews[], number]>(
      `DELETE FROM promotion_rollout_news WHERE promotion_id = ANY($1)
       RETURNING seq, promotion_id AS "promotionId", rollout_id AS "rolloutId", state, reason`,
      [promotionIds],
    );
    return rows.sort((a, b) => Number(BigInt(a.seq) - BigInt(b.seq)));
  }

  /** The pipeline is gone: its promotions stay to be read, and count for nothing. */
  async retire(manager: EntityManager, pipeline: string, now: Date): Promise<void> {
    await manager.query('UPDATE promotions SET retired_at = $2 WHERE pipeline = $1 AND retired_at IS NULL', [
      pipeline,
      now,
    ]);
  }

  private async saveGates(manager: EntityManager, id: string, gates: readonly GateState[]): Promise<void> {
    const rows = gates.map((gate, position) => ({ ...gate, position }));
    await manager.query(
      `DELETE FROM promotion_gates g WHERE g.promotion_id = $1
         AND NOT EXISTS (SELECT 1 FROM jsonb_to_recordset($2::jsonb) AS r (stage text, name text)
           WHERE r.stage = g.stage AND r.name = g.name)`,
      [id, JSON.stringify(rows)],
    );
    await manager.query(
      `INSERT INTO promotion_gates (promotion_id, stage, name, position, type, phase, message, until, probe)
       SELECT $1, r.stage, r.name, r.position, r.type, r.phase, r.message, r.until, r.probe
       FROM jsonb_to_recordset($2::jsonb) AS r (stage text, name text, position int, type text, phase text,
         message text, until timestamptz, probe jsonb)
       ON CONFLICT (promotion_id, stage, name) DO UPDATE SET position = excluded.position, type = excluded.type,
         phase = excluded.phase, message = excluded.message, until = excluded.until, probe = excluded.probe`,
      [id, JSON.stringify(rows)],
    );
  }

  private async saveApprovals(
    manager: EntityManager,
    id: string,
    approvals: readonly Approval[],
  ): Promise<void> {
    if (approvals.length === 0) return;
    const rows = approvals.map(({ person, ...approval }, n) => ({ ...approval, ...person, n }));
    await manager.query(
      `INSERT INTO promotion_approvals (promotion_id, stage, release_id, token_id, token_name, emails, groups, comment,
         approved_at)
       SELECT $1, r.stage, r."releaseId", r."tokenId", r.name,
         ARRAY(SELECT jsonb_array_elements_text(r.emails)), ARRAY(SELECT jsonb_array_elements_text(r.groups)),
         r.comment, r.at
       FROM jsonb_to_recordset($2::jsonb) AS r (stage text, "releaseId" text, "tokenId" text, name text, emails jsonb,
         groups jsonb, comment text, at timestamptz, n int) ORDER BY r.n
       ON CONFLICT DO NOTHING`,
      [id, JSON.stringify(rows)],
    );
  }
}
