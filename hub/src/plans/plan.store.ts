import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { PullRequest } from './domain/pull-request.js';
import type { QuestionState } from './domain/plan.js';
import { lastWordGraceMs, openStates } from './domain/plan.js';

/** One row of `plans`. */
export interface PlanRecord {
  readonly id: string;
  readonly ref: string;
  readonly expectedCommit: string;
  readonly requestedBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly finishedAt: Date | null;
  readonly digestKey: Uint8Array | null;
  readonly pullRequest: PullRequest | null;
  readonly pullRequestKey: string | null;
  readonly posted: string;
}

/** One row of `plan_questions`. */
export interface QuestionRecord {
  readonly id: string;
  readonly planId: string;
  readonly clusterId: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly state: QuestionState;
  readonly message: string;
  readonly commit: string;
  readonly parts: number;
  readonly bytes: number;
}

const planColumns = `p.id, p.ref, p.expected_commit AS "expectedCommit", p.requested_by AS "requestedBy",
  p.created_at AS "createdAt", p.expires_at AS "expiresAt", p.finished_at AS "finishedAt",
  p.digest_key AS "digestKey", p.pull_request AS "pullRequest", p.pull_request_key AS "pullRequestKey", p.posted`;
const questionColumns = `q.id, q.plan_id AS "planId", q.cluster_id AS "clusterId",
  q.source_api_version AS "apiVersion", q.source_kind AS kind, q.source_namespace AS namespace, q.source_name AS name,
  q.state, q.message, q.commit, q.parts, q.bytes::float8 AS bytes`;

/** Plans and their questions. */
@Injectable()
export class PlanStore {
  async insert(
    manager: EntityManager,
    plan: PlanRecord,
    questions: readonly QuestionRecord[],
  ): Promise<void> {
    await manager.query(
      `INSERT INTO plans (id, ref, expected_commit, requested_by, created_at, expires_at, finished_at, digest_key,
         pull_request, pull_request_key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10)`,
      [
        plan.id,
        plan.ref,
        plan.expectedCommit,
        plan.requestedBy,
        plan.createdAt,
        plan.expiresAt,
        plan.finishedAt,
        plan.digestKey && Buffer.from(plan.digestKey),
        plan.pullRequest && JSON.stringify(plan.pullRequest),
        plan.pullRequestKey,
      ],
    );
    await manager.query(
      `INSERT INTO plan_questions (id, plan_id, cluster_id, source_api_version, source_kind, source_namespace,
         source_name, state, message, commit, parts, bytes, updated_at)
       SELECT r.id, $2, r."clusterId", r."apiVersion", r.kind, r.namespace, r.name, r.state, r.message, '', 0, 0, $3
       FROM jsonb_to_recordset($1::jsonb) AS r (id text, "clusterId" text, "apiVersion" text, kind text,
         namespace text, name text, state text, message text)`,
      [JSON.stringify(questions), plan.id, plan.createdAt],
    );
  }

  async find(manager: EntityManager, id: string): Promise<PlanRecord | null> {
    const [row] = await manager.query<PlanRecord[]>(`SELECT ${planColumns} FROM plans p WHERE p.id = $1`, [
      id,
    ]);
    return row ?? null;
  }

  /** The plan of a pull request's head that is under way. */
  async underWay(manager: EntityManager, pullRequestKey: string): Promise<string | null> {
    const [row] = await manager.query<{ id: string }[]>(
      'SELECT id FROM plans WHERE pull_request_key = $1 AND finished_at IS NULL',
      [pullRequestKey],
    );
    return row?.id ?? null;
  }

  /** Open questions to a cluster, with their plans, oldest first. */
  async open(
    manager: EntityManager,
    clusterId: string,
    now: Date,
  ): Promise<
    readonly (QuestionRecord &
      Pick<PlanRecord, 'ref' | 'expectedCommit' | 'requestedBy' | 'expiresAt' | 'digestKey'>)[]
  > {
    return manager.query(
      `SELECT ${questionColumns}, p.ref, p.expected_commit AS "expectedCommit", p.requested_by AS "requestedBy",
         p.expires_at AS "expiresAt", p.digest_key AS "digestKey"
       FROM plan_questions q JOIN plans p ON p.id = q.plan_id JOIN clusters c ON c.id = q.cluster_id
       WHERE q.cluster_id = $1 AND q.state = ANY($2) AND p.expires_at > $3
         AND c.revoked_at IS NULL AND c.quarantined_at IS NULL
       ORDER BY q.id`,
      [clusterId, openStates, now],
    );
  }

  /** Gives the plans of those that were waiting. */
  async delivered(
    manager: EntityManager,
    clusterId: string,
    ids: readonly string[],
    at: Date,
  ): Promise<readonly string[]> {
    const [rows] = await manager.query<[{ planId: string }[], number]>(
      `UPDATE plan_questions SET state = 'Running', updated_at = $3
       WHERE cluster_id = $1 AND id = ANY($2) AND state = 'Waiting' RETURNING plan_id AS "planId"`,
      [clusterId, ids, at],
    );
    return [...new Set(rows.map(({ planId }) => planId))];
  }

  /** The question, locked until the transaction ends. */
  async lockQuestion(manager: EntityManager, clusterId: string, id: string): Promise<QuestionRecord | null> {
    const [row] = await manager.query<QuestionRecord[]>(
      `SELECT ${questionColumns} FROM plan_questions q WHERE q.cluster_id = $1 AND q.id = $2 FOR UPDATE`,
      [clusterId, id],
    );
    return row ?? null;
  }

  async updateQuestion(
    manager: EntityManager,
    { id, state, message, commit, parts, bytes }: QuestionRecord,
    at: Date,
  ): Promise<void> {
    await manager.query(
      `UPDATE plan_questions SET state = $2, message = $3, commit = $4, parts = $5, bytes = $6, updated_at = $7
       WHERE id = $1`,
      [id, state, message, commit, parts, bytes, at],
    );
  }

  /**
   * Gives up what nobody will answer any more: what waits for a cluster that was cut off at once, the rest at the
   * deadline. Gives the plans that it is about.
   */
  async giveUp(manager: EntityManager, now: Date): Promise<readonly string[]> {
    const [rows] = await manager.query<[{ planId: string }[], number]>(
      `UPDATE plan_questions q SET updated_at = $1,
         state = CASE WHEN c.revoked THEN 'Refused' WHEN q.state = 'Running' AND c.connected THEN 'Failed'
           ELSE 'Unreachable' END,
         message = CASE WHEN c.revoked THEN 'the identity of the cluster has been revoked'
           WHEN q.state = 'Waiting' THEN 'the cluster was not connected before the deadline'
           WHEN c.connected THEN 'the agent did not answer before the deadline; one before this version cannot plan'
           ELSE 'the connection to the cluster was lost before it had answered' END
       FROM plans p, fleet_clusters c
       WHERE p.id = q.plan_id AND c.id = q.cluster_id AND q.state = ANY($2)
         AND (c.revoked OR (q.state = 'Waiting' AND p.expires_at <= $1)
           OR p.expires_at <= $1::timestamptz - interval '${lastWordGraceMs} milliseconds')
       RETURNING q.plan_id AS "planId"`,
      [now, openStates],
    );
    return [...new Set(rows.map(({ planId }) => planId))];
  }

  /** Ends those of the plans to which nobody owes an answer any more; gives them. Their digest keys are forgotten. */
  async finish(manager: EntityManager, ids: readonly string[], at: Date): Promise<readonly string[]> {
    const [rows] = await manager.query<[{ id: string }[], number]>(
      `UPDATE plans p SET finished_at = $2, digest_key = NULL
       WHERE p.id = ANY($1) AND p.finished_at IS NULL AND NOT EXISTS (
         SELECT FROM plan_questions q WHERE q.plan_id = p.id AND q.state = ANY($3))
       RETURNING p.id`,
      [ids, at, openStates],
    );
    return rows.map(({ id }) => id);
  }

  /** Plans whose questions are all answered, or gone with their clusters, without anybody having noticed. */
  async overlooked(manager: EntityManager): Promise<readonly string[]> {
    const rows = await manager.query<{ id: string }[]>(
      `SELECT p.id FROM plans p WHERE p.finished_at IS NULL AND NOT EXISTS (
         SELECT FROM plan_questions q WHERE q.plan_id = p.id AND q.state = ANY($1))`,
      [openStates],
    );
    return rows.map(({ id }) => id);
  }

  /** Removes what is too old, and the oldest of what is too much. */
  async removeOld(manager: EntityManager, before: Date, most: number): Promise<void> {
    await manager.query(
      `DELETE FROM plans WHERE created_at < $1 OR id IN (SELECT id FROM plans ORDER BY id DESC OFFSET $2)`,
      [before, most],
    );
  }

  /** Plans of pull requests made after `since` whose last status is not known to be posted. */
  async unposted(manager: EntityManager, since: Date): Promise<readonly string[]> {
    const rows = await manager.query<{ id: string }[]>(
      `SELECT id FROM plans WHERE pull_request IS NOT NULL AND created_at > $1
         AND (posted = '' OR (finished_at IS NOT NULL AND posted LIKE 'pending %'))`,
      [since],
    );
    return rows.map(({ id }) => id);
  }

  async notePosted(manager: EntityManager, id: string, posted: string): Promise<void> {
    await manager.query('UPDATE plans SET posted = $2 WHERE id = $1', [id, posted]);
  }
}
