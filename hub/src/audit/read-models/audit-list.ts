import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Page } from '../../paging/cursor.js';
import { newestFirst, readPage } from '../../paging/keyset.js';
import { SqlConditions } from '../../paging/sql-conditions.js';
import type { ListAuditQuery } from '../http/audit.schema.js';

export interface AuditRow {
  readonly id: string;
  readonly time: Date;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly requestId: string | null;
}

/** The audit trail, newest first. */
@Injectable()
export class AuditList {
  constructor(private readonly database: DataSource) {}

  async page(query: ListAuditQuery): Promise<Page<AuditRow>> {
    const where = new SqlConditions();
    where.anyOf('r.actor', query.actor);
    where.anyOf('r.action', query.action);
    where.anyOf('r.subject', query.target);
    if (query.since) where.add((bind) => `r.recorded_at >= ${bind(query.since)}`);
    return readPage<AuditRow>(this.database, query, {
      from: 'audit_records r',
      where,
      key: newestFirst('r.id'),
      read: ({ sql, values }, limit) =>
        this.database.query(
          `SELECT r.id, r.recorded_at AS time, r.actor, r.action, r.subject AS target, r.details, r.request_id AS "requestId"
       FROM audit_records r ${sql} ORDER BY r.id DESC LIMIT ${limit}`,
          values,
        ),
    });
  }
}
