import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { revisionKey } from '../../fleet/domain/gate.js';
import type { Page } from '../../paging/cursor.js';
import { newestFirst, readPage } from '../../paging/keyset.js';
import type { PageRequest } from '../../paging/keyset.js';
import { SqlConditions } from '../../paging/sql-conditions.js';
import { notFound } from '../../platform/errors/hub-error.js';

export const vetoStates = ['InForce', 'Lifted'] as const;

/** The resource `Veto` of the API. */
export interface VetoView {
  readonly id: string;
  readonly state: (typeof vetoStates)[number];
  readonly url: string;
  readonly revision: string;
  readonly reason: string;
  readonly requestedBy: string;
  readonly rollout: string | null;
  readonly createdAt: Date;
  readonly liftedBy: string | null;
  readonly liftedReason: string | null;
  readonly liftedAt: Date | null;
}

export interface VetoFilters {
  readonly state?: readonly VetoView['state'][] | undefined;
  readonly revision?: string | undefined;
}

const state = `CASE WHEN v.lifted_at IS NULL THEN 'InForce' ELSE 'Lifted' END`;
const vetoSql = `SELECT v.id, ${state} AS state, v.url, v.revision, v.reason, v.requested_by AS "requestedBy",
    v.rollout_id AS rollout, v.created_at AS "createdAt", v.lifted_by AS "liftedBy", v.lifted_reason AS "liftedReason",
    v.lifted_at AS "liftedAt"
  FROM vetoes v`;

/** Vetoes, newest first. */
@Injectable()
export class VetoList {
  constructor(private readonly database: DataSource) {}

  async page(query: VetoFilters & PageRequest): Promise<Page<VetoView>> {
    const { revision } = query;
    const where = new SqlConditions();
    where.anyOf(state, query.state);
    if (revision !== undefined) {
      // Whatever ref led to it; the digits in any case.
      const key = (revisionKey(revision) || revision).toLowerCase();
      where.add((bind) => `starts_with(lower(v.revision_key), ${bind(key)})`);
    }
    return readPage<VetoView>(this.database, query, {
      from: 'vetoes v',
      where,
      key: newestFirst('v.id'),
      read: ({ sql, values }, limit) =>
        this.database.query(`${vetoSql} ${sql} ORDER BY v.id DESC LIMIT ${limit}`, values),
    });
  }

  /** Those of the ids that exist, oldest first. */
  async byIds(
    ids: readonly string[],
    manager: EntityManager = this.database.manager,
  ): Promise<readonly VetoView[]> {
    return manager.query(`${vetoSql} WHERE v.id = ANY($1) ORDER BY v.id`, [ids]);
  }

  /** @throws HubError NotFound */
  async byId(id: string, manager: EntityManager = this.database.manager): Promise<VetoView> {
    const [veto] = await this.byIds([id], manager);
    if (veto) return veto;
    throw notFound(`veto "${id}" does not exist`, { remedy: 'flotilla get vetoes lists the known ones' });
  }
}
