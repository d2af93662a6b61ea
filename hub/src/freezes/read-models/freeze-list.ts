import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import type { FreezeScope } from '@flotilla/common/fleet-api/freeze';
import { DataSource } from 'typeorm';
import type { Page } from '../../paging/cursor.js';
import { byName, readPage } from '../../paging/keyset.js';
import type { PageRequest } from '../../paging/keyset.js';
import { SqlConditions } from '../../paging/sql-conditions.js';
import { ChangeViews } from '../../platform/changes/change-views.js';
import { Clock } from '../../platform/clock.js';
import { holdsCluster } from '../../standing/domain/freeze-scope.js';
import { StandingInputs } from '../../standing/standing-inputs.js';
import { missing } from '../break-glass.service.js';
import type { BreakGlassRow } from '../break-glass.store.js';
import { BreakGlassStore } from '../break-glass.store.js';
import type { FreezeRow } from '../freeze.store.js';
import { freezeColumns } from '../freeze.store.js';

export const freezeStates = ['Pending', 'Active', 'Expired'] as const;
export type FreezeState = (typeof freezeStates)[number];
export const breakGlassStates = ['Requested', 'Granted', 'Expired'] as const;

/** Who wants a promotion to pass, and who else has allowed it. */
export interface BreakGlassView {
  readonly promotion: string;
  readonly state: (typeof breakGlassStates)[number];
  readonly reason: string;
  readonly requestedBy: string;
  readonly requestedAt: Date;
  readonly expiresAt: Date;
  readonly grantedBy: string | null;
  readonly grantedAt: Date | null;
}

/** The resource `Freeze` of the API. */
export interface FreezeView {
  readonly name: string;
  readonly generation: number;
  readonly state: FreezeState;
  readonly scope: FreezeScope;
  readonly reason: string;
  readonly from: Date;
  readonly until: Date;
  /** Clusters in its scope. */
  readonly clusters: number;
  readonly breakGlass: readonly BreakGlassView[];
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedBy: string;
  readonly updatedAt: Date;
}

export interface FreezeFilters {
  readonly state?: readonly FreezeState[] | undefined;
}

/** Freezes by name. */
@Injectable()
export class FreezeList implements OnModuleInit {
  constructor(
    private readonly database: DataSource,
    private readonly inputs: StandingInputs,
    private readonly breakGlass: BreakGlassStore,
    private readonly views: ChangeViews,
    private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.views.register('freeze', async (names) => {
      const freezes = await this.byNames(names);
      return freezes.map((view) => ({ key: view.name, view }));
    });
  }

  async page(query: FreezeFilters & PageRequest): Promise<Page<FreezeView>> {
    const where = new SqlConditions();
    const { state } = query;
    if (state) where.add((bind) => `${stateSql(bind(this.clock.now()))} = ANY(${bind(state)})`);
    return readPage(this.database, query, {
      from: 'freezes f',
      where,
      key: byName('f.name'),
      read: (where, limit) => this.read(where, limit),
    });
  }

  /** @throws HubError NotFound */
  async byName(name: string): Promise<FreezeView> {
    const [view] = await this.byNames([name]);
    if (view) return view;
    throw missing(name);
  }

  /** Those of the names that exist. */
  async byNames(names: readonly string[]): Promise<readonly FreezeView[]> {
    const where = new SqlConditions();
    where.anyOf('f.name', names);
    return this.read(where, names.length);
  }

  private async read(where: SqlConditions, limit: number): Promise<readonly FreezeView[]> {
    const { manager } = this.database;
    const rows: FreezeRow[] = await manager.query(
      `SELECT ${freezeColumns} FROM freezes f ${where.sql} ORDER BY f.name LIMIT ${limit}`,
      where.values,
    );
    if (rows.length === 0) return [];
    const environments = rows.flatMap(({ spec }) => spec.scope.environment ?? []);
    const members = await this.inputs.members(manager, [], environments);
    const clusters = await this.inputs.clusters(manager, 'all');
    const ids = rows.map(({ id }) => id);
    const requests = await this.breakGlass.ofFreezes(manager, ids);
    const now = this.clock.now();
    return rows.map((row) => ({
      ...viewOf(row, now),
      clusters: clusters.filter((cluster) => holdsCluster(row.spec.scope, cluster, members)).length,
      breakGlass: requests
        .filter(({ freezeId }) => freezeId === row.id)
        .map((request) => breakGlassView(request, now)),
    }));
  }
}

function stateSql(now: string): string {
  return `CASE WHEN f.ends_at <= ${now} THEN 'Expired' WHEN f.starts_at > ${now} THEN 'Pending' ELSE 'Active' END`;
}

function viewOf(row: FreezeRow, now: Date): Omit<FreezeView, 'clusters' | 'breakGlass'> {
  const { name, generation, spec, startsAt, endsAt, createdBy, createdAt, updatedBy, updatedAt } = row;
  const begun = startsAt > now ? 'Pending' : 'Active';
  return {
    name,
    generation,
    state: endsAt <= now ? 'Expired' : begun,
    scope: spec.scope,
    reason: spec.reason,
    from: startsAt,
    until: endsAt,
    createdBy,
    createdAt,
    updatedBy,
    updatedAt,
  };
}

function breakGlassView(row: BreakGlassRow, now: Date): BreakGlassView {
  const open = row.expiresAt > now && !row.isRevoked ? 'Requested' : 'Expired';
  return {
    promotion: row.promotionId,
    state: row.grantedAt === null ? open : 'Granted',
    reason: row.reason,
    requestedBy: row.requestedBy,
    requestedAt: row.requestedAt,
    expiresAt: row.expiresAt,
    grantedBy: row.grantedBy,
    grantedAt: row.grantedAt,
  };
}
