import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Page } from '../../paging/cursor.js';
import { newestFirst, readPage } from '../../paging/keyset.js';
import type { PageRequest } from '../../paging/keyset.js';
import { SqlConditions } from '../../paging/sql-conditions.js';
import { notFound } from '../../platform/errors/hub-error.js';
import type { IntentAction, IntentState } from '../domain/intent.js';

/** The resource `Intent` of the API. */
export interface IntentView {
  readonly id: string;
  readonly cluster: string;
  readonly action: IntentAction;
  readonly object: { readonly kind: string; readonly namespace: string; readonly name: string };
  readonly withSource: boolean;
  readonly state: IntentState;
  readonly message: string;
  readonly requestedBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly expiresAt: Date;
}

export interface IntentFilters {
  readonly cluster?: readonly string[] | undefined;
  readonly state?: readonly IntentState[] | undefined;
}

const intentSql = `SELECT i.id, c.name AS cluster, i.action,
    json_build_object('kind', i.object_kind, 'namespace', i.object_namespace, 'name', i.object_name) AS object,
    i.with_source AS "withSource", i.state, i.message, i.requested_by AS "requestedBy",
    i.created_at AS "createdAt", i.updated_at AS "updatedAt", i.expires_at AS "expiresAt"
  FROM intents i JOIN clusters c ON c.id = i.cluster_id`;

/** Intents, newest first. */
@Injectable()
export class IntentList {
  constructor(private readonly database: DataSource) {}

  async page(query: IntentFilters & PageRequest): Promise<Page<IntentView>> {
    const where = new SqlConditions();
    where.anyOf('c.name', query.cluster);
    where.anyOf('i.state', query.state);
    return readPage<IntentView>(this.database, query, {
      from: 'intents i JOIN clusters c ON c.id = i.cluster_id',
      where,
      key: newestFirst('i.id'),
      read: ({ sql, values }, limit) =>
        this.database.query(`${intentSql} ${sql} ORDER BY i.id DESC LIMIT ${limit}`, values),
    });
  }

  /** By cluster. */
  async byIds(
    ids: readonly string[],
    manager: EntityManager = this.database.manager,
  ): Promise<readonly IntentView[]> {
    return manager.query(`${intentSql} WHERE i.id = ANY($1) ORDER BY c.name, i.id`, [ids]);
  }

  /** @throws HubError NotFound */
  async byId(id: string): Promise<IntentView> {
    const [intent] = await this.byIds([id]);
    if (intent) return intent;
    throw notFound(`intent "${id}" does not exist`);
  }
}
