import { Inject, Injectable, Optional } from '@nestjs/common';
import { durationMs } from '@flotilla/common/fleet-api/fields';
import type { PipelineEnvironment } from '@flotilla/common/fleet-api/pipeline';
import type { EntityManager } from 'typeorm';
import { BreakGlass } from '../freezes/break-glass.js';
import { predecessors } from '../pipelines/domain/order.js';
import type { Member, PipelineRecord } from '../pipelines/pipelines.js';
import { Pipelines } from '../pipelines/pipelines.js';
import type { ReleaseRecord } from '../releases/releases.js';
import { Releases } from '../releases/releases.js';
import { StandingIntents } from '../standing/standing.js';
import type { SourceKey } from '../standing/standing.js';
import { deliveredItems } from './domain/delivered-items.js';
import type { Observation, Setup } from './domain/events.js';
import type { GateFacts, HealthFact } from './domain/gates/gate-facts.js';
import { healthEnvironments } from './domain/gates/health.js';
import type { Promotion } from './domain/promotion.js';
import { isWaiting } from './domain/promotion-state.js';
import type { QueueDecision } from './domain/queue.js';
import { missingBefore, outrunBy } from './domain/succession.js';
import type { CurrentRelease } from './lane-history.store.js';
import { LaneHistoryStore } from './lane-history.store.js';
import { ReleaseHealth } from './release-health.js';

/** A lane's place in its pipeline; nothing when the pipeline or the environment is gone. */
export interface LaneSetup {
  readonly pipeline: PipelineRecord;
  readonly environment: PipelineEnvironment;
  /** Environments before this one. */
  readonly before: readonly string[];
}

/** Gathers what `decide` has to know of a promotion. */
@Injectable()
export class LaneObserver {
  constructor(
    private readonly pipelines: Pipelines,
    private readonly releases: Releases,
    private readonly history: LaneHistoryStore,
    private readonly health: ReleaseHealth,
    private readonly standing: StandingIntents,
    @Optional() @Inject(BreakGlass) private readonly breakGlass: BreakGlass | null,
  ) {}

  async observe(
    manager: EntityManager,
    promotion: Promotion,
    setup: LaneSetup | null,
    queue: QueueDecision,
    now: Date,
  ): Promise<Observation> {
    const release = await this.releases.get(manager, promotion.releaseId);
    if (setup === null || release === null) return { ...blind, ...queueOf(queue, promotion) };
    const current = await this.history.current(manager, promotion.pipeline);
    const facts = await this.facts(manager, promotion, setup, release, current, now);
    const isHere = queue.turn === promotion.id;
    return {
      ...queueOf(queue, promotion),
      setup: setupOf(setup.environment),
      facts,
      vetoed: await this.vetoes(manager, promotion, release),
      outrun: outrunBy(promotion, facts.predecessors, current),
      obstacles: isHere ? await this.obstacles(manager, promotion, setup, release, facts) : [],
    };
  }

  /** What else keeps a rollout from starting; asked again under a lock right before it does. */
  async obstacles(
    manager: EntityManager,
    promotion: Promotion,
    setup: LaneSetup,
    release: ReleaseRecord,
    facts: Pick<GateFacts, 'predecessors' | 'promotedHereAt'> | null,
  ): Promise<readonly string[]> {
    const waits = facts ? missingBefore(release.name, facts.predecessors, facts.promotedHereAt) : [];
    return [...waits, ...(await this.movedByOthers(manager, promotion, setup, release))];
  }

  /** Whether two people let the promotion pass freezes that stand. */
  async mayBreakGlass(manager: EntityManager, promotionId: string): Promise<boolean> {
    return (await this.breakGlass?.isGranted(manager, promotionId)) ?? false;
  }

  /** Whether the environment has had a newer release: then the failure of this one is no reason for a veto. */
  async isGoingBack(
    manager: EntityManager,
    { pipeline, environment, releaseNumber }: Promotion,
  ): Promise<boolean> {
    const current = (await this.history.current(manager, pipeline)).get(environment);
    return current !== undefined && current.number >= releaseNumber;
  }

  /** Nobody else may move the same source of the same cluster at the same time. */
  private async movedByOthers(
    manager: EntityManager,
    promotion: Promotion,
    setup: LaneSetup,
    release: ReleaseRecord,
  ): Promise<readonly string[]> {
    const others = (await this.history.moving(manager)).filter(
      ({ pipeline, environment }) => pipeline !== promotion.pipeline || environment !== promotion.environment,
    );
    if (others.length === 0) return [];
    const released = await this.releases.byIds(manager, [
      ...new Set(others.map(({ releaseId }) => releaseId)),
    ]);
    const itemsOf = new Map(released.map(({ id, items }) => [id, items]));
    const rivals = others.flatMap((other) => {
      const items = itemsOf.get(other.releaseId) ?? [];
      const shared = release.items.find(({ source }) =>
        items.some((item) => sameSource(item.source, source)),
      );
      return shared ? [{ other, source: shared.source }] : [];
    });
    const clusters = await this.pipelines.sharedWith(
      manager,
      setup.environment.name,
      rivals.map(({ other }) => other.environment),
    );
    return rivals.flatMap(({ other, source }) => {
      const cluster = clusters.get(other.environment);
      return cluster ? [busy(other, source, cluster)] : [];
    });
  }

  private async facts(
    manager: EntityManager,
    promotion: Promotion,
    setup: LaneSetup,
    release: ReleaseRecord,
    current: ReadonlyMap<string, CurrentRelease>,
    now: Date,
  ): Promise<GateFacts> {
    const promoted = await this.history.promotedAt(manager, promotion.pipeline, promotion.releaseId);
    const freezes = await this.standing.freezesOf(
      manager,
      { environment: promotion.environment, sources: release.items.map(({ source }) => source) },
      now,
    );
    const ids = freezes.map(({ id }) => id);
    const granted = ids.length > 0 && (await this.breakGlass?.isGranted(manager, promotion.id, ids));
    return {
      predecessors: setup.before.map((environment) => ({
        environment,
        promotedAt: promoted.get(environment) ?? null,
      })),
      promotedHereAt: promoted.get(promotion.environment) ?? null,
      releasedAt: release.createdAt,
      health: await this.healthOf(manager, promotion, setup, release, current, now),
      freezes,
      breakGlass: granted === true,
    };
  }

  private async healthOf(
    manager: EntityManager,
    promotion: Promotion,
    { pipeline, environment, before }: LaneSetup,
    release: ReleaseRecord,
    current: ReadonlyMap<string, CurrentRelease>,
    now: Date,
  ): Promise<readonly HealthFact[]> {
    const stage = isWaiting(promotion.state) ? 'before' : 'after';
    const names = environment.gates[stage].flatMap((gate) =>
      gate.type === 'health' ? healthEnvironments(gate, stage, promotion.environment, before) : [],
    );
    if (names.length === 0) return [];
    const delivered = await this.history.delivered(manager, promotion.pipeline, release.id);
    return Promise.all(
      [...new Set(names)].map(async (name) => {
        const items = deliveredItems(release.items, delivered.get(name) ?? []);
        const members = await this.pipelines.members(manager, name);
        const place = pipeline.spec.environments.find((one) => one.name === name) ?? environment;
        const offlineAfterMs = durationMs(place.rollout.membership.offlineAfter);
        const health = await this.health.of(manager, items, members, now, offlineAfterMs);
        return { ...health, environment: name, current: current.get(name) ?? null };
      }),
    );
  }

  /** Also of what Git holds of it by now. */
  private async vetoes(
    manager: EntityManager,
    { delivery }: Promotion,
    { items }: ReleaseRecord,
  ): Promise<string> {
    const written = delivery ? deliveredItems(items, delivery.revisions) : [];
    const [veto] = await this.standing.vetoesOf(manager, [...items, ...written]);
    return veto === undefined
      ? ''
      : `${veto.revision} of ${veto.url} by ${veto.requestedBy}: ${veto.reason} (veto ${veto.id}; lift it to promote again)`;
  }
}

/** The parts of the pipeline that decisions need. */
export function laneSetup(pipeline: PipelineRecord | null, environment: string): LaneSetup | null {
  const index = pipeline?.spec.environments.findIndex(({ name }) => name === environment) ?? -1;
  const found = pipeline?.spec.environments[index];
  if (!pipeline || !found) return null;
  return { pipeline, environment: found, before: predecessors(pipeline.spec, index) };
}

function setupOf({ gates, delivery, rollout }: PipelineEnvironment): Setup {
  return { before: gates.before, after: gates.after, delivery, onFailure: rollout.onFailure };
}

const nothing: GateFacts = {
  predecessors: [],
  promotedHereAt: null,
  releasedAt: new Date(0),
  health: [],
  freezes: [],
  breakGlass: false,
};
const blind = { setup: null, facts: nothing, vetoed: '', outrun: '', obstacles: [] } as const;

function queueOf({ turn, behind }: QueueDecision, { id }: Promotion): Pick<Observation, 'turn' | 'behind'> {
  return { turn: turn === id, behind };
}

function sameSource(left: SourceKey, right: SourceKey): boolean {
  return left.kind === right.kind && left.namespace === right.namespace && left.name === right.name;
}

function busy(
  {
    pipeline,
    environment,
    releaseName,
    id,
  }: { readonly id: string } & Record<'pipeline' | 'environment' | 'releaseName', string>,
  { kind, namespace, name }: SourceKey,
  cluster: Pick<Member, 'name'>,
): string {
  return (
    `pipeline ${pipeline} moves ${kind}/${namespace}/${name} of cluster ${cluster.name} ` +
    `(${releaseName} to ${environment}, promotion ${id})`
  );
}
