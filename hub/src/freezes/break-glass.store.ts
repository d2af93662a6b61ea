import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { BreakGlassRequest } from './domain/break-glass-decision.js';

/** One row of `break_glass`. */
export interface BreakGlassRow extends BreakGlassRequest {
  readonly id: string;
  readonly freezeId: string;
  readonly promotionId: string;
  readonly reason: string;
  readonly requestedAt: Date;
  readonly grantedBy: string | null;
}

const columns = `b.id, b.freeze_id AS "freezeId", b.promotion_id AS "promotionId", b.reason,
  b.requested_by AS "requestedBy", b.requested_token AS "requestedToken", b.requested_at AS "requestedAt",
  coalesce(t.emails, '{}') AS "requestedEmails", t.id IS NULL OR t.revoked_at IS NOT NULL AS "isRevoked",
  b.expires_at AS "expiresAt", b.granted_by AS "grantedBy", b.granted_at AS "grantedAt"`;
const requests = 'break_glass b LEFT JOIN api_tokens t ON t.id = b.requested_token';

/** Who asked that a promotion may pass a freeze, and who else has allowed it. */
@Injectable()
export class BreakGlassStore {
  /** Whoever calls it holds the lock of the freeze. */
  async find(
    manager: EntityManager,
    freezeId: string,
    promotionId: string,
  ): Promise<BreakGlassRow | undefined> {
    const rows = await manager.query<BreakGlassRow[]>(
      `SELECT ${columns} FROM ${requests} WHERE b.freeze_id = $1 AND b.promotion_id = $2`,
      [freezeId, promotionId],
    );
    return rows[0];
  }

  /** Of these freezes, newest first. */
  async ofFreezes(manager: EntityManager, freezeIds: readonly string[]): Promise<readonly BreakGlassRow[]> {
    return manager.query(
      `SELECT ${columns} FROM ${requests} WHERE b.freeze_id = ANY($1) ORDER BY b.requested_at DESC, b.id DESC`,
      [freezeIds],
    );
  }

  /** Takes the place of an earlier request for the same. */
  async ask(
    manager: EntityManager,
    row: Omit<BreakGlassRow, 'requestedEmails' | 'isRevoked' | 'grantedBy' | 'grantedAt'>,
  ): Promise<void> {
    await manager.query(
      `INSERT INTO break_glass (id, freeze_id, promotion_id, reason, requested_by, requested_token, requested_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (freeze_id, promotion_id) DO UPDATE SET id = excluded.id, reason = excluded.reason,
         requested_by = excluded.requested_by, requested_token = excluded.requested_token,
         requested_at = excluded.requested_at, expires_at = excluded.expires_at, granted_by = NULL, granted_at = NULL`,
      [
        row.id,
        row.freezeId,
        row.promotionId,
        row.reason,
        row.requestedBy,
        row.requestedToken,
        row.requestedAt,
        row.expiresAt,
      ],
    );
  }

  async grant(manager: EntityManager, id: string, by: string, at: Date): Promise<void> {
    await manager.query('UPDATE break_glass SET granted_by = $2, granted_at = $3 WHERE break_glass.id = $1', [
      id,
      by,
      at,
    ]);
  }

  /** Which freezes each of the promotions may pass. */
  async granted(
    manager: EntityManager,
    promotionIds: readonly string[],
  ): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    const rows = await manager.query<{ promotionId: string; freezes: string[] }[]>(
      `SELECT b.promotion_id AS "promotionId", array_agg(b.freeze_id) AS freezes FROM break_glass b
       WHERE b.promotion_id = ANY($1) AND b.granted_at IS NOT NULL GROUP BY b.promotion_id`,
      [promotionIds],
    );
    return new Map(rows.map(({ promotionId, freezes }) => [promotionId, new Set(freezes)]));
  }
}
