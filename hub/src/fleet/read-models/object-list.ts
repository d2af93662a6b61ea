import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Page } from '../../paging/cursor.js';
import { readPage } from '../../paging/keyset.js';
import type { Keyset, PageRequest } from '../../paging/keyset.js';
import { SqlConditions } from '../../paging/sql-conditions.js';
import { Clock } from '../../platform/clock.js';
import type { Health, Sync } from '../domain/axes.js';
import { parseCommit } from '../domain/commit.js';
import type { Freshness } from '../domain/freshness.js';
import { commitSql } from './commit-sql.js';
import { freshnessSql, isLiveSql } from './freshness-sql.js';
import { labelSelectorSql } from './label-selector-sql.js';
import type { ObjectRow, ObjectView } from './object-view.js';
import { objectColumns, objectView } from './object-view.js';
import { containsPattern } from './text-search.js';

export interface ObjectFilters {
  readonly cluster?: readonly string[] | undefined;
  readonly labelSelector?: string | undefined;
  readonly kind?: readonly string[] | undefined;
  readonly namespace?: readonly string[] | undefined;
  readonly name?: readonly string[] | undefined;
  readonly sync?: readonly Sync[] | undefined;
  readonly health?: readonly Health[] | undefined;
  readonly freshness?: readonly Freshness[] | undefined;
  readonly ready?: boolean | undefined;
  readonly revision?: string | undefined;
  readonly q?: string | undefined;
}

const sortColumns = 'o.cluster, o.kind, o.namespace, o.name, o.api_version, o.shard';

const byPlace: Keyset<ObjectRow> = {
  parts: 6,
  positionOf: (row) => [row.cluster, row.kind, row.namespace, row.name, row.apiVersion, row.shard],
  addAfter: (where, position) => {
    where.add((bind) => `(${sortColumns}) > (${position.map(bind).join(', ')})`);
    // The database cannot see it in the row comparison, and would read the clusters before it again.
    where.add((bind) => `o.cluster >= ${bind(position[0])}`);
  },
};

/** Objects of all clusters, by cluster, kind, namespace and name. */
@Injectable()
export class ObjectList {
  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
  ) {}

  async page(query: ObjectFilters & PageRequest): Promise<Page<ObjectView>> {
    const now = this.clock.now();
    const page = await readPage(this.database, query, {
      from: 'fleet_objects o',
      where: conditionsOf(query, now),
      key: byPlace,
      read: ({ sql, values }, limit): Promise<ObjectRow[]> =>
        this.database.query(
          `SELECT ${objectColumns} FROM fleet_objects o ${sql} ORDER BY ${sortColumns} LIMIT ${limit}`,
          values,
        ),
    });
    return { ...page, items: page.items.map((row) => objectView(row, now)) };
  }

  /** Those of the objects that exist; a key is `apiVersion|kind|namespace|name`. */
  async byKeys(
    keys: readonly { readonly clusterId: string; readonly key: string }[],
  ): Promise<readonly ObjectView[]> {
    const rows: ObjectRow[] = await this.database.query(
      `SELECT ${objectColumns} FROM unnest($1::text[], $2::text[]) AS wanted (cluster_id, key)
       JOIN fleet_objects o ON o.cluster_id = wanted.cluster_id AND o.key = wanted.key`,
      [keys.map(({ clusterId }) => clusterId), keys.map(({ key }) => key)],
    );
    const now = this.clock.now();
    return rows.map((row) => objectView(row, now));
  }
}

function conditionsOf(filters: ObjectFilters, now: Date): SqlConditions {
  const { labelSelector, freshness, ready, revision, q } = filters;
  const where = new SqlConditions();
  where.anyOf('o.cluster', filters.cluster);
  where.anyOf('o.kind', filters.kind);
  where.anyOf('o.namespace', filters.namespace);
  where.anyOf('o.name', filters.name);
  where.anyOf('o.sync', filters.sync);
  where.anyOf('o.health', filters.health);
  if (labelSelector !== undefined)
    where.add((bind) => labelSelectorSql(labelSelector, 'o.cluster_labels', bind));
  if (freshness !== undefined)
    where.add((bind) => `${freshnessSql('o.observed_at', bind(now))} = ANY(${bind(freshness)})`);
  // Plain conjunctions are what the planner can estimate.
  if (ready !== undefined)
    where.add((bind) => (ready ? readySql(bind(now)) : `NOT (${readySql(bind(now))})`));
  if (revision !== undefined) addRevision(where, revision);
  if (q !== undefined) {
    where.add((bind) => {
      const pattern = bind(containsPattern(q));
      return ['o.cluster', 'o.namespace', 'o.name', 'o.message']
        .map((column) => `${column} ILIKE ${pattern}`)
        .join(' OR ');
    });
  }
  return where;
}

function readySql(now: string): string {
  return `${isLiveSql('o.observed_at', now)} AND o.sync = 'Synced' AND o.health = 'Healthy'`;
}

/** A whole revision of any form, or the first digits of a commit. */
function addRevision(where: SqlConditions, text: string): void {
  const query = parseCommit(text) ?? { text, digits: null };
  where.add((bind) => commitSql(query, 'o.revision', bind));
}
