import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Page } from '../../paging/cursor.js';
import { newestFirst, readPage } from '../../paging/keyset.js';
import type { PageRequest } from '../../paging/keyset.js';
import { SqlConditions } from '../../paging/sql-conditions.js';

export interface EventFilters {
  readonly cluster?: readonly string[] | undefined;
  readonly kind?: readonly string[] | undefined;
  readonly namespace?: readonly string[] | undefined;
  readonly name?: readonly string[] | undefined;
  readonly severity?: readonly ('info' | 'error')[] | undefined;
  readonly since?: Date | undefined;
}

/** What a reconciler said, or a gap where records were lost; the resource `Event` of the API. */
export interface EventView {
  readonly id: string;
  readonly cluster: string;
  readonly time: Date;
  readonly severity: string;
  readonly reason: string;
  readonly message: string;
  readonly object: { readonly kind: string; readonly namespace: string; readonly name: string } | null;
  readonly metadata: Readonly<Record<string, string>>;
}

const eventSql = `SELECT r.id, c.name AS cluster, r.recorded_at AS time, r.severity, r.reason, r.message,
    CASE WHEN r.object_kind IS NULL THEN NULL ELSE
      json_build_object('kind', r.object_kind, 'namespace', r.object_namespace, 'name', r.object_name) END AS object,
    r.metadata
  FROM records r JOIN clusters c ON c.id = r.cluster_id`;

/** Events of all clusters, newest first in the order in which they reached the hub. */
@Injectable()
export class EventList {
  constructor(private readonly database: DataSource) {}

  async page(query: EventFilters & PageRequest): Promise<Page<EventView>> {
    const where = conditionsOf(query);
    return readPage<EventView>(this.database, query, {
      from: 'records r',
      where,
      key: newestFirst('r.id'),
      read: ({ sql, values }, limit) =>
        this.database.query(`${eventSql} ${sql} ORDER BY r.id DESC LIMIT ${limit}`, values),
    });
  }

  async byIds(ids: readonly string[]): Promise<readonly EventView[]> {
    return this.database.query(`${eventSql} WHERE r.id = ANY($1) ORDER BY r.id`, [ids]);
  }
}

function conditionsOf(filters: EventFilters): SqlConditions {
  const where = new SqlConditions();
  const { cluster } = filters;
  if (cluster !== undefined) {
    where.add(
      (bind) =>
        `r.cluster_id IN (SELECT named.id FROM clusters named WHERE named.name = ANY(${bind(cluster)}))`,
    );
  }
  where.anyOf('r.object_kind', filters.kind);
  where.anyOf('r.object_namespace', filters.namespace);
  where.anyOf('r.object_name', filters.name);
  where.anyOf('r.severity', filters.severity);
  if (filters.since !== undefined) where.add((bind) => `r.recorded_at >= ${bind(filters.since)}`);
  return where;
}
