import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { QuestionDelivery } from '../gateway/question-port.js';
import { AuditRecorder } from '../platform/audit/audit-recorder.js';
import { Clock } from '../platform/clock.js';
import { invalid } from '../platform/errors/hub-error.js';
import { newId } from '../platform/ids.js';
import type { PullRequest } from './domain/pull-request.js';
import { pullRequestKey } from './domain/pull-request.js';
import { fullRefName, isRefName } from './domain/plan.js';
import { PlanEndings } from './plan-endings.js';
import type { PlanTarget, TargetRequest } from './plan-targets.js';
import { PlanTargets } from './plan-targets.js';
import type { QuestionRecord } from './plan.store.js';
import { PlanStore } from './plan.store.js';

/** What somebody wants to know. */
export interface PlanRequest extends TargetRequest {
  /** A branch, or the full name of a ref. */
  readonly ref: string;
  /** That the ref is expected at. */
  readonly commit?: string | undefined;
  readonly ttlSeconds: number;
}

interface Asker {
  readonly name: string;
  readonly requestId: string;
}

const pullRequestTtlSeconds = 300;

/** Makes plans: a question to each cluster and source that they are about, with their audit record. */
@Injectable()
export class PlansService {
  constructor(
    private readonly database: DataSource,
    private readonly plans: PlanStore,
    private readonly targets: PlanTargets,
    private readonly endings: PlanEndings,
    private readonly delivery: QuestionDelivery,
    private readonly audit: AuditRecorder,
    private readonly clock: Clock,
  ) {}

  /** Gives the id of the plan. @throws HubError NotFound, Invalid */
  async create(request: PlanRequest, asker: Asker): Promise<string> {
    const ref = fullRefName(request.ref);
    if (!isRefName(ref)) throw invalid('ref', `"${request.ref}" is not the name of a branch or ref`);
    return this.database.transaction(async (manager) => {
      const targets = await this.targets.of(manager, request);
      const { commit = '', ttlSeconds } = request;
      return await this.ask(manager, { ref, commit, ttlSeconds, pullRequest: null }, targets, asker);
    });
  }

  /** Plans the head of a pull request; null when no source is about it. */
  async createForPullRequest(pullRequest: PullRequest, requestId: string): Promise<string | null> {
    const asker = { name: `hook:${pullRequest.provider}`, requestId };
    return this.database.transaction(async (manager) => {
      // Two deliveries at once are one after the other.
      const key = pullRequestKey(pullRequest);
      await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`plan ${key}`]);
      const known = await this.plans.underWay(manager, key);
      if (known !== null) return known;
      const targets = await this.targets.ofPullRequest(manager, pullRequest);
      if (targets.length === 0) return null;
      const { ref, commit } = pullRequest;
      return await this.ask(
        manager,
        { ref, commit, ttlSeconds: pullRequestTtlSeconds, pullRequest },
        targets,
        asker,
      );
    });
  }

  private async ask(
    manager: EntityManager,
    wanted: { ref: string; commit: string; ttlSeconds: number; pullRequest: PullRequest | null },
    targets: readonly PlanTarget[],
    { name: requestedBy, requestId }: Asker,
  ): Promise<string> {
    const { ref, commit, ttlSeconds, pullRequest } = wanted;
    const [id, now] = [newId(), this.clock.now()];
    const plan = {
      id,
      ref,
      expectedCommit: commit,
      requestedBy,
      createdAt: now,
      expiresAt: new Date(now.getTime() + ttlSeconds * 1000),
      finishedAt: null,
      digestKey: randomBytes(32),
      pullRequest,
      pullRequestKey: pullRequest && pullRequestKey(pullRequest),
      posted: '',
    };
    const questions = targets.map((target) => questionOf(id, target));
    await this.plans.insert(manager, plan, questions);
    const details = { ref, commit, clusters: targets.map(({ cluster }) => cluster) };
    await this.audit.record(manager, {
      actor: requestedBy,
      requestId,
      action: 'plan.created',
      subject: `plan/${id}`,
      details,
    });
    await this.endings.changed(manager, [id], now);
    const waiting = questions.filter(({ state }) => state === 'Waiting').map(({ clusterId }) => clusterId);
    if (waiting.length > 0) await this.delivery.announce(manager, [...new Set(waiting)]);
    return id;
  }
}

function questionOf(planId: string, target: PlanTarget): QuestionRecord {
  const { clusterId, cluster, revoked, reported, apiVersion, kind, namespace, name } = target;
  const refusal = revoked
    ? `cluster "${cluster}": its identity has been revoked`
    : reported
      ? ''
      : `${kind}/${namespace}/${name} is not reported by cluster "${cluster}"`;
  return {
    id: newId(),
    planId,
    clusterId,
    apiVersion,
    kind,
    namespace,
    name,
    state: refusal === '' ? 'Waiting' : 'Refused',
    message: refusal,
    commit: '',
    parts: 0,
    bytes: 0,
  };
}
