import { Injectable } from '@nestjs/common';
import type { PipelineSpec } from '@flotilla/common/fleet-api/pipeline';
import type { EntityManager } from 'typeorm';
import { firstEnvironments, predecessors } from '../pipelines/domain/order.js';
import { Releases } from '../releases/releases.js';
import type { ReleaseRecord } from '../releases/releases.js';
import type { Promotion } from './domain/promotion.js';
import { LaneHistoryStore } from './lane-history.store.js';
import type { LaneRun } from './lane-run.js';
import { newPromotion } from './new-promotion.js';
import { PromotionJournal, hubActor } from './promotion-journal.js';
import type { LaneKey } from './promotion.store.js';
import { PromotionStore } from './promotion.store.js';
import { WaitingLaneStore } from './waiting-lane.store.js';

/** Queues what comes by itself. */
@Injectable()
export class PromotionQueue {
  constructor(
    private readonly promotions: PromotionStore,
    private readonly history: LaneHistoryStore,
    private readonly waiting: WaitingLaneStore,
    private readonly releases: Releases,
    private readonly journal: PromotionJournal,
  ) {}

  /** A new release starts where nothing comes before. Gives the lanes in which something waits now. */
  async begin(
    manager: EntityManager,
    spec: PipelineSpec,
    release: ReleaseRecord,
    now: Date,
  ): Promise<readonly LaneKey[]> {
    const queued: LaneKey[] = [];
    for (const environment of firstEnvironments(spec)) {
      if (!isAutomatic(spec, environment)) continue;
      if (await this.add(manager, release, environment, now))
        queued.push({ pipeline: release.pipeline, environment });
    }
    return queued;
  }

  /**
   * The newest release that may come to a lane by itself and has never been on its way there: of an environment that
   * is new in the pipeline, or has just become automatic.
   */
  async backfill({ manager, key, setup, now }: LaneRun): Promise<readonly Promotion[]> {
    if (!setup || setup.environment.promote !== 'automatic') return [];
    const newest = await this.newestFor(manager, key.pipeline, setup.before);
    if (!newest || (await this.history.wasPromoted(manager, key, newest.id))) return [];
    const promotion = await this.add(manager, newest, key.environment, now);
    return promotion ? [promotion] : [];
  }

  /** Lanes that may go on because of promotions that have ended: those after them, and those that they were in the way of. */
  async affectedBy(
    { manager, key, setup, now }: LaneRun,
    ended: readonly Promotion[],
  ): Promise<readonly LaneKey[]> {
    // Not those that only move: a hundred rollouts that end together would ring for each other ten thousand times.
    const waiting = (await this.waiting.list(manager)).filter(
      ({ pipeline, environment }) => pipeline !== key.pipeline || environment !== key.environment,
    );
    const next: LaneKey[] = [];
    for (const { state, releaseId } of ended) {
      if (state === 'Promoted' && setup)
        next.push(...(await this.handOn(manager, setup.pipeline.spec, key, releaseId, now)));
    }
    return [...next, ...waiting];
  }

  /** A release that is promoted here goes on to the environments that wait for it. */
  private async handOn(
    manager: EntityManager,
    spec: PipelineSpec,
    { pipeline, environment }: LaneKey,
    releaseId: string,
    now: Date,
  ): Promise<readonly LaneKey[]> {
    const release = await this.releases.get(manager, releaseId);
    const promoted = await this.history.promotedAt(manager, pipeline, releaseId);
    const next: LaneKey[] = [];
    for (const [index, { name }] of spec.environments.entries()) {
      const before = predecessors(spec, index);
      if (!before.includes(environment) || !before.every((one) => promoted.has(one))) continue;
      next.push({ pipeline, environment: name });
      if (release && isAutomatic(spec, name)) await this.add(manager, release, name, now);
    }
    return next;
  }

  private async newestFor(
    manager: EntityManager,
    pipeline: string,
    before: readonly string[],
  ): Promise<ReleaseRecord | null> {
    if (before.length === 0) return this.releases.latest(manager, pipeline);
    const id = await this.history.newestPromotedInAll(manager, pipeline, before);
    return id === null ? null : this.releases.get(manager, id);
  }

  private async add(
    manager: EntityManager,
    release: ReleaseRecord,
    environment: string,
    now: Date,
  ): Promise<Promotion | null> {
    const wish = { origin: 'automatic', priority: 'normal', requestedBy: 'hub' } as const;
    const promotion = newPromotion(release, environment, wish, now);
    if (!(await this.promotions.insert(manager, promotion, now))) return null;
    await this.journal.created(manager, promotion, hubActor);
    return promotion;
  }
}

function isAutomatic({ environments }: PipelineSpec, name: string): boolean {
  return environments.some((one) => one.name === name && one.promote === 'automatic');
}
