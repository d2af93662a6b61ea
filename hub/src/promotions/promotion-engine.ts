import { Inject, Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap, OnModuleInit } from '@nestjs/common';
import type { Logger } from 'pino';
import type { Subscription } from 'rxjs';
import { DataSource } from 'typeorm';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import type { FeedMessage } from '../platform/changes/change-feed.js';
import { Jobs } from '../platform/jobs/jobs.js';
import { LOGGER } from '../platform/logging/logger.js';
import { HealthWatch } from './health-watch.js';
import { LaneBell, laneOf, laneText } from './lane-bell.js';
import { LaneEngine } from './lane-engine.js';
import { LaneHistoryStore } from './lane-history.store.js';
import type { LaneRun } from './lane-run.js';
import type { PromotionEvent } from './domain/events.js';
import type { Actor } from './promotion-journal.js';
import { RolloutDesk } from './rollout-desk.js';
import { Outside } from './outside.js';
import type { LaneKey } from './promotion.store.js';

const queue = 'promotions';
const concurrency = 8;
/** The safety net under every notice that gets lost. */
const sweepEveryMs = 10_000;
/** Reports of clusters come in crowds; a lane looks at most so often because of them. */
const reportsEveryMs = 250;

/** Has lanes evaluated when something happens that may matter to them, at the times they wait for, and now and then. */
@Injectable()
export class PromotionEngine implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private refresh: NodeJS.Timeout | undefined;
  private feed: Subscription | undefined;
  private readonly soon = new Map<string, NodeJS.Timeout>();
  private sweeping: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: DataSource,
    private readonly jobs: Jobs,
    private readonly changes: ChangeFeed,
    private readonly bell: LaneBell,
    private readonly lanes: LaneEngine,
    private readonly desk: RolloutDesk,
    private readonly history: LaneHistoryStore,
    private readonly health: HealthWatch,
    private readonly outside: Outside,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.jobs.work(queue, concurrency, (key) => this.evaluate(laneOf(key)));
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.bell.listen(
      (lane) => this.wakeSafely(lane),
      () => this.sweepSafely(),
    );
    this.feed = this.changes.messages.subscribe((message) => this.hear(message));
    this.timer = setInterval(() => this.sweepSafely(), sweepEveryMs);
    this.timer.unref();
    this.sweepSafely();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    clearTimeout(this.refresh);
    this.feed?.unsubscribe();
    for (const timer of this.soon.values()) clearTimeout(timer);
    await this.sweeping;
  }

  /** Evaluates a lane now, after what `act` does to it in the same transaction. */
  async evaluate(lane: LaneKey, act?: (run: LaneRun) => Promise<void>): Promise<void> {
    const followUp = await this.lanes.settle(lane, act);
    this.outside.begin(followUp, async (promotionId, event) => {
      await this.evaluate(lane, async (run) => {
        run.apply(promotionId, event);
      });
    });
    if (followUp.wakeAt !== null) await this.jobs.wake(queue, laneText(lane), followUp.wakeAt);
  }

  /** Decides for somebody, within `act` of `evaluate`. */
  async carryOut(run: LaneRun, id: string, event: PromotionEvent, actor: Actor): Promise<void> {
    const before = run.get(id);
    if (!before) return;
    for (const action of run.apply(id, event, actor)) await this.desk.carryOut(run, before, action, actor);
  }

  /** Looks at every lane in which something has not settled but its rollout. */
  async sweep(): Promise<void> {
    const lanes = await this.history.openLanes(this.database.manager);
    await this.health.refresh(this.database.manager);
    for (const lane of lanes) await this.jobs.wake(queue, laneText(lane));
  }

  private hear(message: FeedMessage): void {
    if (message.kind === 'reset') return this.sweepSafely();
    const topics = new Set(message.changes.map(({ topic }) => topic));
    // A freeze, a veto or another environment may hold or free anybody.
    if (topics.has('freeze') || topics.has('veto') || topics.has('environment')) this.sweepSafely();
    if (topics.has('promotion')) this.refreshSoon();
    const reports = message.changes.filter(({ topic }) => topic !== 'standing');
    const clusters = new Set(reports.map(({ clusterId }) => clusterId));
    for (const lane of this.health.lanesOf(clusters)) this.lookSoon(lane);
  }

  private refreshSoon(): void {
    this.refresh ??= setTimeout(() => {
      this.refresh = undefined;
      void this.health
        .refresh(this.database.manager)
        .catch((err: unknown) => this.logger.warn({ err }, 'lanes that wait for health were not read'));
    }, reportsEveryMs);
  }

  private lookSoon(lane: string): void {
    if (this.soon.has(lane)) return;
    const timer = setTimeout(() => {
      this.soon.delete(lane);
      this.wakeSafely(lane);
    }, reportsEveryMs);
    this.soon.set(lane, timer);
  }

  private wakeSafely(lane: string): void {
    void this.jobs
      .wake(queue, lane)
      .catch((err: unknown) => this.logger.warn({ err, lane }, 'lane of promotions was not woken'));
  }

  private sweepSafely(): void {
    this.sweeping = this.sweeping
      .then(() => this.sweep())
      .catch((err: unknown) => this.logger.warn({ err }, 'promotions were not swept'));
  }
}
