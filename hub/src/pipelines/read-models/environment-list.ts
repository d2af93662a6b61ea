import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { EnvironmentSpec } from '@flotilla/common/fleet-api/environment';
import { selectorOf } from '@flotilla/common/fleet-api/cluster-selector';
import { formatSelector } from '@flotilla/common/labels/selector';
import { DataSource } from 'typeorm';
import { selectorSql } from '../../fleet/read-models/label-selector-sql.js';
import type { Page } from '../../paging/cursor.js';
import { byName, readPage } from '../../paging/keyset.js';
import type { PageRequest } from '../../paging/keyset.js';
import { SqlConditions } from '../../paging/sql-conditions.js';
import { ChangeViews } from '../../platform/changes/change-views.js';
import { notFound } from '../../platform/errors/hub-error.js';
import { isMemberSql } from '../pipeline.store.js';
import type { DocumentView } from './origin.js';
import { documentColumns, originSql } from './origin.js';

/** The resource `Environment` of the API. */
export interface EnvironmentView extends DocumentView<EnvironmentSpec> {
  /** As text. */
  readonly selector: string;
  /** How many belong to it now. */
  readonly clusters: number;
  /** Names of the pipelines that have it. */
  readonly pipelines: readonly string[];
}

type EnvironmentRow = Omit<EnvironmentView, 'selector' | 'clusters'>;

const pipelinesSql = `(SELECT coalesce(json_agg(p.name ORDER BY p.name), '[]'::json) FROM pipelines p
  WHERE jsonb_path_exists(p.spec, '$.environments[*].name ? (@ == $name)', jsonb_build_object('name', d.name)))`;

/** Environments by name, each with what it has now. */
@Injectable()
export class EnvironmentList implements OnModuleInit {
  constructor(
    private readonly database: DataSource,
    private readonly views: ChangeViews,
  ) {}

  onModuleInit(): void {
    this.views.register('environment', async (names) =>
      (await this.byNames(names)).map((view) => ({ key: view.name, view })),
    );
  }

  async page(query: PageRequest): Promise<Page<EnvironmentView>> {
    return readPage(this.database, query, {
      from: 'environments d',
      where: new SqlConditions(),
      key: byName('d.name'),
      read: (where, limit) => this.read(where, limit),
    });
  }

  async byNames(names: readonly string[]): Promise<readonly EnvironmentView[]> {
    const where = new SqlConditions();
    where.anyOf('d.name', names);
    return this.read(where, names.length);
  }

  /** @throws HubError NotFound */
  async byName(name: string): Promise<EnvironmentView> {
    const [view] = await this.byNames([name]);
    if (view) return view;
    throw notFound(`environment "${name}" does not exist`, {
      remedy: 'flotilla get environments lists them',
    });
  }

  private async read(where: SqlConditions, limit: number): Promise<readonly EnvironmentView[]> {
    const rows: EnvironmentRow[] = await this.database.query(
      `SELECT ${documentColumns}, ${originSql('Environment')} AS origin, ${pipelinesSql} AS pipelines
       FROM environments d ${where.sql} ORDER BY d.name LIMIT ${limit}`,
      where.values,
    );
    const specs = rows.map(({ spec }) => EnvironmentSpec.parse(spec));
    const counts = await this.count(specs);
    return rows.map((row, index) => {
      const spec = specs[index] ?? row.spec;
      const selector = formatSelector(selectorOf(spec.selector));
      return { ...row, spec, selector, clusters: counts[index] ?? 0 };
    });
  }

  /** One pass over the clusters for all environments. */
  private async count(specs: readonly EnvironmentSpec[]): Promise<readonly number[]> {
    if (specs.length === 0) return [];
    const values: unknown[] = [];
    const bind = (value: unknown): string => `$${values.push(value)}`;
    const columns = specs.map(
      ({ selector }, index) =>
        `count(*) FILTER (WHERE ${selectorSql(selectorOf(selector), 'c.labels', bind)})::int AS n${index}`,
    );
    const rows: Record<string, number>[] = await this.database.query(
      `SELECT ${columns.join(', ')} FROM fleet_clusters c WHERE ${isMemberSql}`,
      values,
    );
    return specs.map((_, index) => rows[0]?.[`n${index}`] ?? 0);
  }
}
