import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AnswerStore } from '../answer.store.js';
import type { FoldedPlan } from '../domain/fold.js';
import { foldPlan } from '../domain/fold.js';
import type { QuestionState } from '../domain/plan.js';
import type { PlanView } from './plan-list.js';
import { PlanList } from './plan-list.js';

/** How far one cluster is with one source. */
export interface PlanCluster {
  readonly cluster: string;
  readonly source: { readonly kind: string; readonly namespace: string; readonly name: string };
  readonly state: QuestionState;
  readonly message: string;
  /** That was planned; null before it is known. */
  readonly commit: string | null;
  readonly updatedAt: Date;
}

export type PlanDetailView = PlanView & FoldedPlan & { readonly clusters: readonly PlanCluster[] };

/** A plan with all that clusters have answered so far. */
@Injectable()
export class PlanDetail {
  constructor(
    private readonly database: DataSource,
    private readonly list: PlanList,
    private readonly answers: AnswerStore,
  ) {}

  /** @throws HubError NotFound */
  async byId(id: string): Promise<PlanDetailView> {
    const plan = await this.list.byId(id);
    const clusters: PlanCluster[] = await this.database.query(
      `SELECT c.name AS cluster, json_build_object('kind', q.source_kind, 'namespace', q.source_namespace,
         'name', q.source_name) AS source, q.state, q.message, nullif(q.commit, '') AS commit,
         q.updated_at AS "updatedAt"
       FROM plan_questions q JOIN clusters c ON c.id = q.cluster_id WHERE q.plan_id = $1
       ORDER BY c.name, q.source_namespace, q.source_name`,
      [id],
    );
    return { ...plan, clusters, ...(await this.folded(id)) };
  }

  async folded(id: string): Promise<FoldedPlan> {
    const { manager } = this.database;
    const findings = await this.answers.findings(manager, id);
    return foldPlan(findings, await this.answers.changes(manager, id));
  }
}
