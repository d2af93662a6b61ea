import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock } from '../platform/clock.js';
import { Pipelines } from '../pipelines/pipelines.js';
import type { Promotion } from './domain/promotion.js';
import { isEnd, isMoving } from './domain/promotion-state.js';
import type { QueueDecision } from './domain/queue.js';
import { arrangeQueue } from './domain/queue.js';
import { isWithdrawalDue } from './domain/withdrawal.js';
import { LaneAuthors } from './lane-authors.js';
import { LaneBell } from './lane-bell.js';
import { LaneHistoryStore } from './lane-history.store.js';
import { LaneObserver, laneSetup } from './lane-observer.js';
import type { FollowUp } from './lane-run.js';
import { LaneRun } from './lane-run.js';
import { PromotionJournal, hubActor } from './promotion-journal.js';
import { PromotionQueue } from './promotion-queue.js';
import type { LaneKey } from './promotion.store.js';
import { PromotionStore } from './promotion.store.js';
import { RolloutDesk } from './rollout-desk.js';

/** Rounds in one transaction; each ends or moves at least one promotion. What is left is done at the next look. */
const mostRounds = 200;

/**
 * Evaluates a lane: locks it, takes in what is known, decides for each of its promotions, and stores what came of it
 * together with rollouts, audit records and notices, in one transaction.
 */
@Injectable()
export class LaneEngine {
  constructor(
    private readonly database: DataSource,
    private readonly pipelines: Pipelines,
    private readonly promotions: PromotionStore,
    private readonly history: LaneHistoryStore,
    private readonly observer: LaneObserver,
    private readonly authors: LaneAuthors,
    private readonly desk: RolloutDesk,
    private readonly queue: PromotionQueue,
    private readonly journal: PromotionJournal,
    private readonly bell: LaneBell,
    private readonly clock: Clock,
  ) {}

  /** `act` is what somebody wants just now; it sees the lane as it stands, and may throw to have nothing happen. */
  async settle(key: LaneKey, act?: (run: LaneRun) => Promise<void>): Promise<FollowUp> {
    return this.database.transaction(async (manager) => {
      await this.promotions.lockLane(manager, key);
      const now = this.clock.now();
      const setup = laneSetup(await this.pipelines.get(manager, key.pipeline), key.environment);
      const run = new LaneRun(manager, key, setup, await this.promotions.ofLane(manager, key), now);
      await this.takeNews(run);
      if (act) await this.authors.refresh(run);
      await act?.(run);
      for (const promotion of await this.queue.backfill(run)) run.add(promotion);
      await this.goRounds(run);
      await this.save(run);
      return run.followUp(run.promotions.filter((one) => isWithdrawalDue(one, run.now)).map(({ id }) => id));
    });
  }

  private async goRounds(run: LaneRun): Promise<void> {
    for (let round = 0; round < mostRounds; round += 1) {
      const before = states(run);
      const queue = await this.arrange(run);
      for (const { id } of run.promotions) await this.look(run, id, queue);
      await this.takeNews(run);
      if (states(run) === before) return;
    }
  }

  private async takeNews(run: LaneRun): Promise<void> {
    const ids = run.promotions.map(({ id }) => id);
    if (ids.length === 0) return;
    for (const { promotionId, ...news } of await this.promotions.takeNews(run.manager, ids))
      run.apply(promotionId, { type: 'rollout', news });
  }

  private async arrange(run: LaneRun): Promise<QueueDecision> {
    await this.authors.refresh(run);
    const current = (await this.history.current(run.manager, run.key.pipeline)).get(run.key.environment);
    const open = run.promotions.filter(({ state }) => !isEnd(state));
    const policy = run.setup?.environment.queue ?? 'fifo';
    const decision = arrangeQueue({ policy, current: current ?? null, promotions: open });
    for (const { id, reason } of decision.superseded) run.apply(id, { type: 'superseded', reason });
    return decision;
  }

  private async look(run: LaneRun, id: string, queue: QueueDecision): Promise<void> {
    const promotion = run.get(id);
    if (
      !promotion ||
      isEnd(promotion.state) ||
      isMoving(promotion.state) !== (promotion.state === 'Verifying')
    )
      return;
    const observation = await this.observer.observe(run.manager, promotion, run.setup, queue, run.now);
    for (const action of run.apply(id, { type: 'observed', observation }))
      await this.desk.carryOut(run, promotion, action, hubActor);
    const after = run.get(id);
    // What comes next is judged by what the database says, so an end has to stand there at once.
    if (after && after.state !== promotion.state && isEnd(after.state))
      await this.promotions.save(run.manager, after, run.now);
  }

  private async save(run: LaneRun): Promise<void> {
    const changed = run.changed;
    for (const promotion of changed) await this.saveOne(run, promotion);
    if (changed.length > 0) await this.journal.changed(run.manager, changed);
    const settled = changed.filter(
      (one) => isEnd(one.state) && !isEnd(run.before(one.id)?.state ?? one.state),
    );
    if (settled.length > 0) await this.bell.ring(run.manager, await this.queue.affectedBy(run, settled));
  }

  private async saveOne(run: LaneRun, promotion: Promotion): Promise<void> {
    await this.promotions.save(run.manager, promotion, run.now);
    const before = run.before(promotion.id) ?? promotion;
    // People stop things; whatever goes on because of them is the hub's decision.
    const isStopped = ['Aborted', 'RollingBack'].includes(promotion.state);
    const actor = (isStopped && run.touched.get(promotion.id)) || hubActor;
    await this.journal.moved(run.manager, before.state, promotion, actor);
  }
}

function states(run: LaneRun): string {
  return run.promotions.map(({ id, state }) => `${id}:${state}`).join();
}
