import { Inject, Injectable, Optional } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { PipelineSpec } from '@flotilla/common/fleet-api/pipeline';
import { DataSource } from 'typeorm';
import type { Page } from '../../paging/cursor.js';
import { byName, readPage } from '../../paging/keyset.js';
import type { PageRequest } from '../../paging/keyset.js';
import { SqlConditions } from '../../paging/sql-conditions.js';
import { ChangeViews } from '../../platform/changes/change-views.js';
import { notFound } from '../../platform/errors/hub-error.js';
import { predecessors } from '../domain/order.js';
import type { EnvironmentProgress, NextGate, PromotionUnderWay } from '../pipelines.js';
import { PipelineProgress } from '../pipelines.js';
import type { DocumentView } from './origin.js';
import { documentColumns, originSql } from './origin.js';

/** An environment of a pipeline, and how far it is. */
export interface PipelineStage {
  readonly name: string;
  readonly after: readonly string[];
  readonly release: string | null;
  readonly promotedAt: Date | null;
  readonly waiting: readonly PromotionUnderWay[];
  readonly nextGate: NextGate | null;
}

/** The resource `Pipeline` of the API. */
export interface PipelineView extends DocumentView<PipelineSpec> {
  /** Name of the newest release. */
  readonly latestRelease: string | null;
  readonly environments: readonly PipelineStage[];
  /** How the hub's own looks at Git servers ended. */
  readonly watches: readonly WatchView[];
}

export interface WatchView {
  /** kind/namespace/name */
  readonly source: string;
  readonly url: string;
  readonly branch: string;
  readonly commit: string | null;
  readonly checkedAt: string;
  readonly message: string;
}

type PipelineRow = Omit<PipelineView, 'environments'>;

const watchesSql = `(SELECT coalesce(json_agg(json_build_object('source', w.source, 'url', w.url, 'branch', w.branch,
    'commit', w.commit, 'checkedAt', to_char(w.checked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'message', w.message) ORDER BY w.source), '[]'::json)
  FROM release_watches w WHERE w.pipeline = d.name AND jsonb_path_exists(d.spec, '$.releases.watch[*]
    ? (@.url == $url && @.branch == $branch)', jsonb_build_object('url', w.url, 'branch', w.branch)))`;
const latestSql = `(SELECT r.name FROM releases r WHERE r.pipeline = d.name ORDER BY r.number DESC LIMIT 1)`;

/** Pipelines by name, each with where its releases are. */
@Injectable()
export class PipelineList implements OnModuleInit {
  constructor(
    private readonly database: DataSource,
    private readonly views: ChangeViews,
    @Optional() @Inject(PipelineProgress) private readonly progress: PipelineProgress | null,
  ) {}

  onModuleInit(): void {
    this.views.register('pipeline', async (names) =>
      (await this.byNames(names)).map((view) => ({ key: view.name, view })),
    );
  }

  async page(query: PageRequest): Promise<Page<PipelineView>> {
    return readPage(this.database, query, {
      from: 'pipelines d',
      where: new SqlConditions(),
      key: byName('d.name'),
      read: (where, limit) => this.read(where, limit),
    });
  }

  async byNames(names: readonly string[]): Promise<readonly PipelineView[]> {
    const where = new SqlConditions();
    where.anyOf('d.name', names);
    return this.read(where, names.length);
  }

  /** @throws HubError NotFound */
  async byName(name: string): Promise<PipelineView> {
    const [view] = await this.byNames([name]);
    if (view) return view;
    throw notFound(`pipeline "${name}" does not exist`, { remedy: 'flotilla get pipelines lists them' });
  }

  private async read(where: SqlConditions, limit: number): Promise<readonly PipelineView[]> {
    const rows: PipelineRow[] = await this.database.query(
      `SELECT ${documentColumns}, ${originSql('Pipeline')} AS origin, ${latestSql} AS "latestRelease",
         ${watchesSql} AS watches
       FROM pipelines d ${where.sql} ORDER BY d.name LIMIT ${limit}`,
      where.values,
    );
    const names = rows.map(({ name }) => name);
    const progress = (await this.progress?.of(this.database.manager, names)) ?? [];
    return rows.map((row) => {
      const spec = PipelineSpec.parse(row.spec);
      return { ...row, spec, environments: stagesOf(row.name, spec, progress) };
    });
  }
}

function stagesOf(
  pipeline: string,
  spec: PipelineSpec,
  progress: readonly EnvironmentProgress[],
): readonly PipelineStage[] {
  return spec.environments.map(({ name }, index) => {
    const here = progress.find((one) => one.pipeline === pipeline && one.environment === name);
    return {
      name,
      after: predecessors(spec, index),
      release: here?.release ?? null,
      promotedAt: here?.promotedAt ?? null,
      waiting: here?.waiting ?? [],
      nextGate: here?.nextGate ?? null,
    };
  });
}
