import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { FreezablePromotions } from '../freezes/break-glass.js';
import type { FreezablePromotion } from '../freezes/break-glass.js';
import { PipelineListener, Pipelines, PipelineUse } from '../pipelines/pipelines.js';
import type { PipelineRecord, PromotionUnderWay } from '../pipelines/pipelines.js';
import { Clock } from '../platform/clock.js';
import { conflict } from '../platform/errors/hub-error.js';
import { ReleaseListener } from '../releases/releases.js';
import type { ReleaseRecord } from '../releases/releases.js';
import { RolloutListener, Rollouts } from '../rollouts/rollouts.js';
import type { RolloutState } from '@flotilla/common/fleet-api/rollout-state';
import type { RolloutOutcome } from '../rollouts/rollouts.js';
import { isEnd } from './domain/promotion-state.js';
import { LaneBell } from './lane-bell.js';
import { PromotionQueue } from './promotion-queue.js';
import { PromotionStore } from './promotion.store.js';

/**
 * Hears of rollouts. It runs in their transactions, which hold their rows, so it locks nothing of promotions: it
 * leaves a note, and the lane takes it in as soon as the transaction has committed.
 */
@Injectable()
export class RolloutNewsTaker extends RolloutListener {
  constructor(
    private readonly promotions: PromotionStore,
    private readonly bell: LaneBell,
  ) {
    super();
  }

  async finished(manager: EntityManager, outcome: RolloutOutcome, now: Date): Promise<void> {
    await this.tell(manager, outcome, now);
  }

  /** @throws HubError Conflict while another promotion moves the environment */
  async reopened(
    manager: EntityManager,
    { rolloutId, promotionId, state }: { rolloutId: string; promotionId: string; state: RolloutState },
    now: Date,
  ): Promise<void> {
    const other = await this.promotions.otherMoving(manager, promotionId);
    if (other)
      throw conflict(
        `rollout "${rolloutId}" cannot go on: promotion "${other.id}" of ${other.releaseName} moves ${other.environment} now`,
        { remedy: 'wait for it, or abort it first' },
      );
    const news = state === 'RollingBack' ? 'RollingBack' : 'Running';
    await this.tell(
      manager,
      { rolloutId, promotionId, state: news, reason: 'its rollout was sent back' },
      now,
    );
  }

  private async tell(
    manager: EntityManager,
    news: Parameters<PromotionStore['tell']>[1],
    now: Date,
  ): Promise<void> {
    await this.promotions.tell(manager, news, now);
    const promotion = await this.promotions.find(manager, news.promotionId);
    if (promotion) await this.bell.ring(manager, [promotion]);
  }
}

/** Hears of new releases: they begin where nothing comes before. */
@Injectable()
export class ReleaseTaker extends ReleaseListener {
  constructor(
    private readonly pipelines: Pipelines,
    private readonly queue: PromotionQueue,
    private readonly bell: LaneBell,
    private readonly clock: Clock,
  ) {
    super();
  }

  async released(manager: EntityManager, release: ReleaseRecord): Promise<void> {
    const pipeline = await this.pipelines.get(manager, release.pipeline);
    if (!pipeline) return;
    await this.bell.ring(manager, await this.queue.begin(manager, pipeline.spec, release, this.clock.now()));
  }

  /** Approvals may wait for it. */
  async authorsLearned(manager: EntityManager, name: string): Promise<void> {
    const { spec } = (await this.pipelines.get(manager, name)) ?? {};
    const lanes = spec?.environments.map((environment) => ({
      pipeline: name,
      environment: environment.name,
    }));
    await this.bell.ring(manager, lanes ?? []);
  }
}

/** Hears of pipelines: what waits is judged by the new document at once. */
@Injectable()
export class PipelineTaker extends PipelineListener {
  constructor(
    private readonly promotions: PromotionStore,
    private readonly rollouts: Rollouts,
    private readonly bell: LaneBell,
  ) {
    super();
  }

  async applied(manager: EntityManager, { name, spec }: PipelineRecord, now: Date): Promise<void> {
    const environments = spec.environments.map((environment) => environment.name);
    await this.rollouts.retire(manager, name, environments, now);
    await this.bell.ring(
      manager,
      environments.map((environment) => ({ pipeline: name, environment })),
    );
  }

  async removed(manager: EntityManager, pipeline: string, now: Date): Promise<void> {
    await this.rollouts.retire(manager, pipeline, [], now);
    await this.promotions.retire(manager, pipeline, now);
  }
}

/** Says which promotions a pipeline still needs its environments for. */
@Injectable()
export class PromotionsUnderWay extends PipelineUse {
  constructor(private readonly promotions: PromotionStore) {
    super();
  }

  async underWay(manager: EntityManager, pipeline: string): Promise<readonly PromotionUnderWay[]> {
    const open = await this.promotions.open(manager, [pipeline]);
    return open.map(({ id, environment, releaseName: release, state }) => ({
      id,
      environment,
      release,
      state,
    }));
  }
}

/** Tells freezes which promotion somebody wants to let pass. */
@Injectable()
export class PromotionsForFreezes extends FreezablePromotions {
  constructor(private readonly promotions: PromotionStore) {
    super();
  }

  /** One that has ended is over when none of its clusters catches up, or goes back, any more. */
  async find(manager: EntityManager, promotionId: string): Promise<FreezablePromotion | null> {
    const promotion = await this.promotions.find(manager, promotionId);
    if (!promotion) return null;
    const { environment, state } = promotion;
    return {
      environment,
      isOver: isEnd(state) && !(await this.promotions.movesClusters(manager, promotionId)),
    };
  }
}
