import { Inject, Injectable, Optional } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { parseCommit } from '../../fleet/domain/commit.js';
import { repositoryOf } from '../../fleet/domain/repository.js';
import { revisionKey } from '../../fleet/domain/gate.js';
import { commitSql } from '../../fleet/read-models/commit-sql.js';
import type { Page } from '../../paging/cursor.js';
import { newestFirst, readPage } from '../../paging/keyset.js';
import type { PageRequest } from '../../paging/keyset.js';
import { SqlConditions } from '../../paging/sql-conditions.js';
import { ChangeViews } from '../../platform/changes/change-views.js';
import { notFound } from '../../platform/errors/hub-error.js';
import { StandingIntents } from '../../standing/standing.js';
import type { VetoRecord } from '../../standing/standing.js';
import type { ReleaseItem, ReleaseRecord } from '../releases.js';

/** A veto in force of an item. */
export interface ItemVeto {
  readonly id: string;
  readonly reason: string;
  readonly requestedBy: string;
}

/** The resource `Release` of the API. */
export interface ReleaseView extends Omit<ReleaseRecord, 'items'> {
  readonly items: readonly (ReleaseItem & { readonly veto: ItemVeto | null })[];
  /** Whether an item is vetoed: no promotion takes it until the veto is lifted. */
  readonly vetoed: boolean;
}

const releaseSql = `SELECT r.id, r.name, r.pipeline, r.number,
  release_items(r.id, r.items) AS items, r.created_by AS "createdBy",
  r.created_at AS "createdAt" FROM releases r`;

/** Releases, newest first, with the vetoes that stand against them now. */
@Injectable()
export class ReleaseList implements OnModuleInit {
  constructor(
    private readonly database: DataSource,
    private readonly changes: ChangeViews,
    @Optional() @Inject(StandingIntents) private readonly standing: StandingIntents | null,
  ) {}

  onModuleInit(): void {
    this.changes.register('release', async (ids) => {
      const where = new SqlConditions();
      where.anyOf('r.id', ids);
      return (await this.read(where, ids.length)).map((view) => ({ key: view.id, view }));
    });
  }

  async page(
    query: PageRequest & {
      readonly pipeline?: readonly string[] | undefined;
      /** A commit by its first digits, or a whole revision. */
      readonly revision?: string | undefined;
    },
  ): Promise<Page<ReleaseView>> {
    const where = new SqlConditions();
    where.anyOf('r.pipeline', query.pipeline);
    const { revision } = query;
    if (revision !== undefined) {
      const wanted = parseCommit(revision) ?? { text: revision, digits: null };
      where.add((bind) => {
        const holds = commitSql(wanted, `(i ->> 'revision')`, bind);
        return `EXISTS (SELECT FROM jsonb_array_elements(r.items) i WHERE ${holds})`;
      });
    }
    return readPage(this.database, query, {
      from: 'releases r',
      where,
      key: newestFirst('r.id'),
      read: (where, limit) => this.read(where, limit),
    });
  }

  /** By id or name. @throws HubError NotFound */
  async byIdOrName(idOrName: string): Promise<ReleaseView> {
    const where = new SqlConditions();
    where.add((bind) => `r.id = ${bind(idOrName)} OR r.name = ${bind(idOrName)}`);
    const [view] = await this.read(where, 1);
    if (view) return view;
    throw notFound(`release "${idOrName}" does not exist`, { remedy: 'flotilla get releases lists them' });
  }

  private async read(where: SqlConditions, limit: number): Promise<readonly ReleaseView[]> {
    const rows: ReleaseRecord[] = await this.database.query(
      `${releaseSql} ${where.sql} ORDER BY r.id DESC LIMIT ${limit}`,
      where.values,
    );
    const items = rows.flatMap((row) => row.items);
    const vetoes = (await this.standing?.vetoesOf(this.database.manager, items)) ?? [];
    return rows.map((row) => {
      const judged = row.items.map((item) => ({ ...item, veto: vetoOf(item, vetoes) }));
      return { ...row, items: judged, vetoed: judged.some(({ veto }) => veto !== null) };
    });
  }
}

function vetoOf({ url, revision }: ReleaseItem, vetoes: readonly VetoRecord[]): ItemVeto | null {
  const found = vetoes.find(
    (veto) =>
      repositoryOf(veto.url) === repositoryOf(url) && revisionKey(veto.revision) === revisionKey(revision),
  );
  return found ? { id: found.id, reason: found.reason, requestedBy: found.requestedBy } : null;
}
