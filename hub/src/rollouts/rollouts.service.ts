import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Member } from '../pipelines/pipelines.js';
import { Pipelines } from '../pipelines/pipelines.js';
import { AuditRecorder } from '../platform/audit/audit-recorder.js';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import { conflict, invalid, notFound } from '../platform/errors/hub-error.js';
import { newId } from '../platform/ids.js';
import { StandingIntents } from '../standing/standing.js';
import { commandProblem } from './domain/commands.js';
import type { WaveOfMembers } from './domain/plan.js';
import { newRollout, planWaves } from './domain/plan.js';
import { isFinal } from './domain/states.js';
import { vetoTargets } from './domain/veto-targets.js';
import { RolloutSummaries } from './read-models/rollout-summaries.js';
import { RolloutEngine } from './rollout-engine.js';
import type { StoredRollout } from './rollout-row.js';
import { RolloutStore } from './rollout.store.js';
import { Rollouts } from './rollouts.js';
import type { RolloutCommand, RolloutItem, RolloutRequest, RolloutSummary } from './rollouts.js';

/** Starts rollouts, and carries out what people ask of them. */
@Injectable()
export class RolloutsService extends Rollouts {
  constructor(
    private readonly store: RolloutStore,
    private readonly engine: RolloutEngine,
    private readonly pipelines: Pipelines,
    private readonly standing: StandingIntents,
    private readonly reader: RolloutSummaries,
    private readonly audit: AuditRecorder,
    private readonly changes: ChangeFeed,
  ) {
    super();
  }

  async start(manager: EntityManager, request: RolloutRequest, now: Date): Promise<{ readonly id: string }> {
    const id = newId();
    await this.refuseVetoed(manager, request.items);
    const members = await this.pipelines.members(manager, request.environment);
    const waves = wavesOf(request, members);
    await this.takeOver(manager, request, members, id, now);
    const revisions = request.items.map(({ revision }) => revision);
    const rollout = newRollout({ ...request, revisions }, members, waves, now.getTime());
    const {
      promotionId,
      pipeline,
      environment,
      release = '',
      items,
      requestedBy,
      breakGlass,
      strategy,
    } = request;
    const subject = {
      id,
      promotionId,
      pipeline,
      environment,
      release,
      failureDomain: strategy.failureDomain ?? null,
      items,
      requestedBy,
      breakGlass,
    };
    await this.store.insert(manager, subject, rollout, now);
    const details = {
      promotionId,
      pipeline,
      environment,
      release,
      clusters: members.length,
      delivery: request.delivery,
    };
    await this.audit.record(manager, {
      actor: requestedBy,
      action: 'rollout.started',
      subject: `rollout/${id}`,
      details,
    });
    await this.changes.publish(manager, [{ topic: 'rollout', clusterId: '', key: id, deleted: false }]);
    return { id };
  }

  async command(
    manager: EntityManager,
    id: string,
    command: RolloutCommand,
    by: string,
    now: Date,
    requestId?: string,
  ): Promise<void> {
    await this.store.lockLaneOf(manager, id);
    const stored = await this.store.lock(manager, id);
    if (!stored) throw notFound(`rollout "${id}" does not exist`);
    const problem = commandProblem(stored.rollout, command.type);
    if (problem !== null) throw conflict(`rollout "${id}": ${command.type} is not possible: ${problem}`);
    if (command.type === 'retry-failed') await this.refuseVetoed(manager, stored.subject.items);
    await this.engine.decide(manager, stored, { type: command.type, by, reason: command.reason }, now);
    await this.audit.record(manager, {
      actor: by,
      action: `rollout.${command.type}`,
      subject: `rollout/${id}`,
      details: { reason: command.reason, environment: stored.subject.environment },
      ...(requestId === undefined ? {} : { requestId }),
    });
  }

  async retire(
    manager: EntityManager,
    pipeline: string,
    environments: readonly string[],
    now: Date,
  ): Promise<void> {
    for (const id of await this.store.outside(manager, pipeline, environments)) {
      const stored = await this.store.lock(manager, id);
      const reason = `pipeline ${pipeline} does not bring releases here any more`;
      if (stored) await this.engine.decide(manager, stored, { type: 'retired', reason }, now);
    }
  }

  summaries(manager: EntityManager, promotionIds: readonly string[]): Promise<readonly RolloutSummary[]> {
    return this.reader.ofPromotions(manager, promotionIds);
  }

  private async refuseVetoed(manager: EntityManager, items: readonly RolloutItem[]): Promise<void> {
    const [veto] = await this.standing.vetoesOf(manager, vetoTargets(items));
    if (!veto) return;
    throw conflict(`revision "${veto.revision}" of ${veto.url} is vetoed: ${veto.reason}`, {
      remedy: `flotilla veto lift ${veto.id} --reason TEXT lifts it, if it is good again`,
    });
  }

  /** One rollout at a time moves a source of a cluster; what earlier ones still had to do there, this one does. */
  private async takeOver(
    manager: EntityManager,
    { environment, items }: RolloutRequest,
    members: readonly Member[],
    by: string,
    now: Date,
  ): Promise<void> {
    await this.store.lockLane(manager, environment);
    const clusterIds = members.map(({ clusterId }) => clusterId);
    for (const id of await this.store.lane(manager, { environment, items, clusterIds })) {
      const stored = await this.store.lock(manager, id);
      if (!stored) continue;
      if (!isFinal(stored.rollout.state)) {
        throw conflict(
          `environment "${environment}": rollout ${id} of pipeline "${stored.subject.pipeline}" is ${stored.rollout.state} on the same sources`,
          { remedy: 'wait for its end, or abort it' },
        );
      }
      const clusters = await this.movedHere(manager, stored, environment, clusterIds);
      const event = { type: 'superseded', by, ...(clusters && { clusters }) } as const;
      await this.engine.decide(manager, stored, event, now);
    }
  }

  /**
   * The clusters of a rollout that have come here from its environment, which goes on to look after the others; null
   * where the two environments have clusters in common just now.
   */
  private async movedHere(
    manager: EntityManager,
    { subject, rollout }: StoredRollout,
    environment: string,
    clusterIds: readonly string[],
  ): Promise<readonly string[] | null> {
    if (subject.environment === environment) return null;
    const here = new Set(clusterIds);
    const shared = rollout.clusters.filter(({ id, state }) => here.has(id) && state !== 'Dropped');
    const members = await this.pipelines.members(manager, subject.environment);
    const there = new Set(members.map(({ clusterId }) => clusterId));
    return shared.some(({ id }) => there.has(id)) ? null : shared.map(({ id }) => id);
  }
}

function wavesOf(
  { environment, strategy, allowEmpty }: RolloutRequest,
  members: readonly Member[],
): readonly WaveOfMembers[] {
  if (members.length === 0) {
    if (allowEmpty) return [];
    throw invalid('environment', `environment "${environment}" matches no cluster`, {
      remedy: 'label clusters for it, or set allowEmpty',
    });
  }
  const { waves, problems } = planWaves(strategy, members);
  const [problem] = problems;
  if (!problem) return waves;
  throw invalid(`rollout.${problem.field}`, `environment "${environment}": ${problem.message}`, {
    remedy: 'change the waves, or the labels of clusters',
  });
}
