import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Page } from '../../paging/cursor.js';
import { newestFirst, readPage } from '../../paging/keyset.js';
import type { PageRequest } from '../../paging/keyset.js';
import { SqlConditions } from '../../paging/sql-conditions.js';
import { notFound } from '../../platform/errors/hub-error.js';
import type { PlanState, QuestionState } from '../domain/plan.js';
import { planState } from '../domain/plan.js';
import type { PullRequest } from '../domain/pull-request.js';

/** The resource `Plan` of the API, in the form of the list. */
export interface PlanView {
  readonly id: string;
  readonly ref: string;
  /** That the ref is expected at. */
  readonly expectedCommit: string | null;
  readonly state: PlanState;
  /** How many answers are in which state. */
  readonly states: Readonly<Partial<Record<QuestionState, number>>>;
  readonly pullRequest: Pick<PullRequest, 'provider' | 'repository' | 'number'> | null;
  readonly requestedBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly finishedAt: Date | null;
}

type Row = Omit<PlanView, 'state'>;

const planSql = `SELECT p.id, p.ref, nullif(p.expected_commit, '') AS "expectedCommit",
    coalesce((SELECT jsonb_object_agg(s.state, s.count) FROM (
      SELECT q.state, count(*)::int AS count FROM plan_questions q WHERE q.plan_id = p.id GROUP BY q.state) AS s),
      '{}') AS states,
    CASE WHEN p.pull_request IS NOT NULL THEN jsonb_build_object('provider', p.pull_request -> 'provider',
      'repository', p.pull_request -> 'repository', 'number', p.pull_request -> 'number') END AS "pullRequest",
    p.requested_by AS "requestedBy", p.created_at AS "createdAt", p.expires_at AS "expiresAt",
    p.finished_at AS "finishedAt"
  FROM plans p`;

/** Plans, newest first. */
@Injectable()
export class PlanList {
  constructor(private readonly database: DataSource) {}

  async page(query: PageRequest): Promise<Page<PlanView>> {
    return readPage(this.database, query, {
      from: 'plans p',
      where: new SqlConditions(),
      key: newestFirst('p.id'),
      read: async ({ sql, values }, limit) => {
        const rows: Row[] = await this.database.query(
          `${planSql} ${sql} ORDER BY p.id DESC LIMIT ${limit}`,
          values,
        );
        return rows.map(viewOf);
      },
    });
  }

  async byIds(ids: readonly string[]): Promise<readonly PlanView[]> {
    const rows: Row[] = await this.database.query(`${planSql} WHERE p.id = ANY($1) ORDER BY p.id`, [ids]);
    return rows.map(viewOf);
  }

  /** @throws HubError NotFound */
  async byId(id: string): Promise<PlanView> {
    const [plan] = await this.byIds([id]);
    if (plan) return plan;
    throw notFound(`plan "${id}" does not exist`, { remedy: 'plans are kept for a week; ask again' });
  }
}

function viewOf(row: Row): PlanView {
  return { ...row, state: planState(row.states) };
}
