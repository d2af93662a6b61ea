import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Page } from '../../paging/cursor.js';
import { newestFirst, readPage } from '../../paging/keyset.js';
import type { PageRequest } from '../../paging/keyset.js';
import { SqlConditions } from '../../paging/sql-conditions.js';
import { ChangeViews } from '../../platform/changes/change-views.js';
import { notFound } from '../../platform/errors/hub-error.js';
import { Rollouts } from '../../rollouts/rollouts.js';
import type { RolloutSummary } from '../../rollouts/rollouts.js';
import type { GateState, Promotion } from '../domain/promotion.js';
import type { PromotionState } from '@flotilla/common/fleet-api/promotion-state';
import { waitingText } from '../domain/waiting-text.js';
import { promotionFrom, promotionSql } from '../promotion-row.js';
import type { PromotionRow } from '../promotion-row.js';

/** The resource `Promotion` of the API. */
export interface PromotionView {
  readonly id: string;
  readonly pipeline: string;
  readonly environment: string;
  /** Name of the release. */
  readonly release: string;
  readonly releaseId: string;
  readonly state: PromotionState;
  readonly reason: string;
  readonly priority: Promotion['priority'];
  readonly origin: Promotion['origin'];
  readonly requestedBy: string;
  readonly waitingFor: string;
  readonly waitingUntil: Date | null;
  readonly gates: readonly Omit<GateState, 'probe'>[];
  readonly approvals: readonly {
    readonly stage: string;
    readonly by: string;
    readonly groups: readonly string[];
    readonly comment: string;
    readonly at: Date;
  }[];
  readonly delivery: { readonly phase: string; readonly message: string } | null;
  readonly rollout: Omit<RolloutSummary, 'promotionId'> | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly rolledOutAt: Date | null;
  readonly endedAt: Date | null;
}

export interface PromotionFilters {
  readonly pipeline?: readonly string[] | undefined;
  readonly environment?: readonly string[] | undefined;
  readonly state?: readonly PromotionState[] | undefined;
  /** Names or ids. */
  readonly release?: readonly string[] | undefined;
}

/** Promotions, newest first. */
@Injectable()
export class PromotionList implements OnModuleInit {
  constructor(
    private readonly database: DataSource,
    private readonly views: ChangeViews,
    private readonly rollouts: Rollouts,
  ) {}

  onModuleInit(): void {
    this.views.register('promotion', async (ids) =>
      (await this.byIds(ids)).map((view) => ({ key: view.id, view })),
    );
  }

  async page(query: PromotionFilters & PageRequest): Promise<Page<PromotionView>> {
    const where = new SqlConditions();
    where.anyOf('p.pipeline', query.pipeline);
    where.anyOf('p.environment', query.environment);
    where.anyOf('p.state', query.state);
    const { release } = query;
    if (release !== undefined)
      where.add((bind) => `p.release_name = ANY(${bind(release)}) OR p.release_id = ANY(${bind(release)})`);
    return readPage(this.database, query, {
      from: 'promotions p',
      where,
      key: newestFirst('p.id'),
      read: async ({ sql, values }, limit) => {
        const rows: PromotionRow[] = await this.database.query(
          `${promotionSql} ${sql} ORDER BY p.id DESC LIMIT ${limit}`,
          values,
        );
        return this.viewsOf(rows);
      },
    });
  }

  async byIds(ids: readonly string[]): Promise<readonly PromotionView[]> {
    const rows: PromotionRow[] = await this.database.query(
      `${promotionSql} WHERE p.id = ANY($1) ORDER BY p.id`,
      [ids],
    );
    return this.viewsOf(rows);
  }

  /** @throws HubError NotFound */
  async byId(id: string): Promise<PromotionView> {
    const [view] = await this.byIds([id]);
    if (view) return view;
    throw notFound(`promotion "${id}" does not exist`, { remedy: 'flotilla get promotions lists them' });
  }

  private async viewsOf(rows: readonly PromotionRow[]): Promise<readonly PromotionView[]> {
    const ids = rows.filter(({ rolloutId }) => rolloutId !== null).map(({ id }) => id);
    const summaries = ids.length > 0 ? await this.rollouts.summaries(this.database.manager, ids) : [];
    return rows.map((row) =>
      viewOf(promotionFrom(row), summaries.find(({ id }) => id === row.rolloutId) ?? null),
    );
  }
}

function viewOf(promotion: Promotion, rollout: RolloutSummary | null): PromotionView {
  const { releaseName, releaseId, gates, approvals, delivery } = promotion;
  // The stream sends a view as it is: what is for decisions only stays here.
  const { authors: _authors, wish: _wish, onFailure: _onFailure, rolloutId: _rolloutId, ...rest } = promotion;
  const { releaseName: _name, releaseNumber: _number, ...shown } = rest;
  return {
    ...shown,
    waitingFor: waitingText(promotion, rollout),
    release: releaseName,
    releaseId,
    gates: gates.map(({ probe: _probe, ...gate }) => gate),
    approvals: approvals
      .filter((approval) => approval.releaseId === releaseId)
      .map(({ stage, person, comment, at }) => ({
        stage,
        by: person.name,
        groups: person.groups,
        comment,
        at,
      })),
    delivery: delivery && { phase: delivery.phase, message: delivery.message },
    rollout,
  };
}
