import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Finding } from './domain/fold.js';
import type { PlanChange } from './domain/plan-change.js';

/** What a part of an answer says about one Kustomization. */
export type NewFinding = Omit<Finding, 'cluster'>;

/** Answers of clusters, and the changes that they name: each different one of a plan is kept once. */
@Injectable()
export class AnswerStore {
  /** Keeps the changes that the plan does not have yet; gives the bytes that the plan takes now. */
  async addChanges(
    manager: EntityManager,
    planId: string,
    changes: ReadonlyMap<string, PlanChange>,
  ): Promise<number> {
    const rows = [...changes].map(([digest, body]) => ({ digest, body }));
    const [row] = await manager.query<[{ bytes: number }[], number]>(
      `WITH added AS (
         INSERT INTO plan_changes (plan_id, digest, body)
         SELECT $1, r.digest, r.body FROM jsonb_to_recordset($2::jsonb) AS r (digest text, body jsonb)
         ORDER BY r.digest ON CONFLICT DO NOTHING RETURNING length(body::text) AS bytes
       )
       UPDATE plans SET bytes = bytes + coalesce((SELECT sum(added.bytes) FROM added), 0)
       WHERE id = $1 RETURNING bytes::float8 AS bytes`,
      [planId, JSON.stringify(rows)],
    );
    return row[0]?.bytes ?? 0;
  }

  async addPart(
    manager: EntityManager,
    questionId: string,
    part: number,
    findings: readonly NewFinding[],
  ): Promise<void> {
    const rows = findings.map(({ kustomization, ...finding }, position) => ({
      ...finding,
      ...kustomization,
      position,
    }));
    await manager.query(
      `INSERT INTO plan_answers (question_id, part, position, kustomization_namespace, kustomization_name, failure,
         note, unchanged, omitted, changes)
       SELECT $1, $2, r.position, r.namespace, r.name, r.failure, r.note, r.unchanged, r.omitted,
         ARRAY(SELECT jsonb_array_elements_text(r.changes))
       FROM jsonb_to_recordset($3::jsonb) AS r (position integer, namespace text, name text, failure text, note text,
         unchanged integer, omitted integer, changes jsonb)`,
      [questionId, part, JSON.stringify(rows)],
    );
  }

  /** The agent begins again. */
  async forget(manager: EntityManager, questionId: string): Promise<void> {
    await manager.query('DELETE FROM plan_answers WHERE question_id = $1', [questionId]);
  }

  /** How many Kustomizations a cluster cannot build or apply, of how many. */
  async failures(manager: EntityManager, questionId: string): Promise<{ failed: number; all: number }> {
    const [row] = await manager.query<{ failed: number; all: number }[]>(
      `SELECT count(*) FILTER (WHERE failed)::int AS failed, count(*)::int AS all FROM (
         SELECT bool_or(failure <> '') AS failed FROM plan_answers WHERE question_id = $1
         GROUP BY kustomization_namespace, kustomization_name) AS k`,
      [questionId],
    );
    return row ?? { failed: 0, all: 0 };
  }

  async findings(manager: EntityManager, planId: string): Promise<readonly Finding[]> {
    return manager.query(
      `SELECT c.name AS cluster,
         json_build_object('namespace', a.kustomization_namespace, 'name', a.kustomization_name) AS kustomization,
         a.failure, a.note, a.unchanged, a.omitted, a.changes
       FROM plan_answers a JOIN plan_questions q ON q.id = a.question_id JOIN clusters c ON c.id = q.cluster_id
       WHERE q.plan_id = $1 ORDER BY c.name, q.id, a.part, a.position`,
      [planId],
    );
  }

  /** By digest. */
  async changes(manager: EntityManager, planId: string): Promise<ReadonlyMap<string, PlanChange>> {
    const rows = await manager.query<{ digest: string; body: PlanChange }[]>(
      'SELECT digest, body FROM plan_changes WHERE plan_id = $1',
      [planId],
    );
    return new Map(rows.map(({ digest, body }) => [digest, body]));
  }
}
