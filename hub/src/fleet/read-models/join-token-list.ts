import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { JoinToken } from '../../enrollment/domain/join-token.js';
import { strangeCursor } from '../../paging/cursor.js';
import type { Page } from '../../paging/cursor.js';
import { readPage } from '../../paging/keyset.js';
import type { Keyset, PageRequest } from '../../paging/keyset.js';
import { SqlConditions } from '../../paging/sql-conditions.js';

const byTime: Keyset<JoinToken> = {
  parts: 2,
  positionOf: ({ createdAt, id }) => [createdAt.toISOString(), id],
  addAfter: (where, [createdAt = '', id]) => {
    const time = new Date(createdAt);
    if (Number.isNaN(time.getTime())) throw strangeCursor();
    where.add((bind) => `(t.created_at, t.id) < (${bind(time)}::timestamptz, ${bind(id)})`);
  },
};

/** Join tokens without their secrets, newest first. */
@Injectable()
export class JoinTokenList {
  constructor(private readonly database: DataSource) {}

  async page(query: PageRequest): Promise<Page<JoinToken>> {
    return readPage<JoinToken>(this.database, query, {
      from: 'join_tokens t',
      where: new SqlConditions(),
      key: byTime,
      read: ({ sql, values }, limit) =>
        this.database.query(
          `SELECT t.id, t.labels, t.cluster_name AS "clusterName", t.uses, t.used, t.created_by AS "createdBy",
             t.created_at AS "createdAt", t.expires_at AS "expiresAt"
           FROM join_tokens t ${sql} ORDER BY t.created_at DESC, t.id DESC LIMIT ${limit}`,
          values,
        ),
    });
  }
}
