import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Page } from '../../paging/cursor.js';
import { decodeCursor, pageOf } from '../../paging/cursor.js';
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

  async page({ limit, cursor, ...filters }: ListAuditQuery): Promise<Page<AuditRow>> {
    const where = new SqlConditions();
    where.anyOf('r.actor', filters.actor);
    where.anyOf('r.action', filters.action);
    where.anyOf('r.subject', filters.target);
    if (filters.since) where.add((bind) => `r.recorded_at >= ${bind(filters.since)}`);
    const counted: { total: number }[] = await this.database.query(
      `SELECT count(*)::int AS total FROM audit_records r ${where.sql}`,
      where.values,
    );
    if (cursor !== undefined) {
      const [id] = decodeCursor(cursor, filters, 1);
      where.add((bind) => `r.id < ${bind(id)}`);
    }
    const rows: AuditRow[] = await this.database.query(
      `SELECT r.id, r.recorded_at AS time, r.actor, r.action, r.subject AS target, r.details, r.request_id AS "requestId"
       FROM audit_records r ${where.sql} ORDER BY r.id DESC LIMIT ${limit + 1}`,
      where.values,
    );
    return pageOf(rows, { limit, total: counted[0]?.total ?? 0, filters, position: ({ id }) => [id] });
  }
}
