import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { JoinToken } from '../../enrollment/domain/join-token.js';
import type { Page } from '../../paging/cursor.js';
import { decodeCursor, pageOf } from '../../paging/cursor.js';
import { SqlConditions } from '../../paging/sql-conditions.js';

/** Join tokens without their secrets, newest first. */
@Injectable()
export class JoinTokenList {
  constructor(private readonly database: DataSource) {}

  async page({
    limit,
    cursor,
  }: {
    readonly limit: number;
    readonly cursor?: string | undefined;
  }): Promise<Page<JoinToken>> {
    const counted: { total: number }[] = await this.database.query(
      'SELECT count(*)::int AS total FROM join_tokens',
    );
    const where = new SqlConditions();
    if (cursor !== undefined) {
      const [createdAt, id] = decodeCursor(cursor, {}, 2);
      where.add((bind) => `(t.created_at, t.id) < (${bind(createdAt)}::timestamptz, ${bind(id)})`);
    }
    const rows: JoinToken[] = await this.database.query(
      `SELECT t.id, t.labels, t.cluster_name AS "clusterName", t.uses, t.used, t.created_by AS "createdBy",
         t.created_at AS "createdAt", t.expires_at AS "expiresAt"
       FROM join_tokens t ${where.sql} ORDER BY t.created_at DESC, t.id DESC LIMIT ${limit + 1}`,
      where.values,
    );
    const position = ({ createdAt, id }: JoinToken) => [createdAt.toISOString(), id];
    return pageOf(rows, { limit, total: counted[0]?.total ?? 0, filters: {}, position });
  }
}
