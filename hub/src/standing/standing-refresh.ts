import { Inject, Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from 'pino';
import type { Subscription } from 'rxjs';
import { DataSource } from 'typeorm';
import { StandingDelivery } from '../gateway/standing-port.js';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import type { FeedMessage } from '../platform/changes/change-feed.js';
import { Clock } from '../platform/clock.js';
import { LOGGER } from '../platform/logging/logger.js';
import { PeriodicWork } from '../platform/periodic-work.js';
import { StandingInputs } from './standing-inputs.js';
import { StandingNews } from './standing-news.js';
import { StandingSetStore } from './standing-set.store.js';
import { StandingSets } from './standing-sets.js';

/** What comes together is computed together. */
const gatherMs = 50;
/** Before all sets are computed again because the database was in the way. */
const retryMs = 2_000;
/** A session that came between a change and its word gets the newest set all the same. */
const sendEveryMs = 5_000;
/** `FreezeWatch` tells of freezes that begin and end. This finds what no word told, and reads the whole fleet for it. */
const sweepEveryMs = 60_000;
/** Sets that are compared at once, and locked by one transaction. */
const batchSets = 200;

/**
 * Computes sets again when freezes, vetoes, environments, or labels of clusters have changed. Every replica does:
 * which set is wrong is read from the database, so that a word that is lost or comes twice does no harm.
 */
@Injectable()
export class StandingRefresh implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly wanted = new Set<string>();
  private wantsAll = false;
  private gathering: NodeJS.Timeout | undefined;
  private readonly sends = new PeriodicWork(() => this.sendUnsent(), {
    everyMs: sendEveryMs,
    overlap: 'skipped',
    onFailure: (err) => this.logger.warn({ err }, 'standing intents that wait were not sent'),
  });
  private sweeping: NodeJS.Timeout | undefined;
  private subscription: Subscription | undefined;
  private working: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly database: DataSource,
    private readonly sets: StandingSets,
    private readonly inputs: StandingInputs,
    private readonly store: StandingSetStore,
    private readonly delivery: StandingDelivery,
    private readonly news: StandingNews,
    private readonly feed: ChangeFeed,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.subscription = this.feed.messages.subscribe((message) => this.take(message));
    await this.news.listen(() => this.wantAll());
    this.sweeping = setInterval(() => this.wantAll(), sweepEveryMs);
    this.sweeping.unref();
    this.sends.start();
    // A hub that was killed after a change has left it to the next one.
    this.wantAll();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    this.subscription?.unsubscribe();
    clearInterval(this.sweeping);
    clearTimeout(this.gathering);
    await this.sends.stop();
    await this.working;
  }

  /** Brings the sets of these clusters (or all) up to date, and has sent what a session lacks. */
  async refresh(clusterIds: readonly string[] | 'all'): Promise<void> {
    const { manager } = this.database;
    const ids =
      clusterIds === 'all' ? (await this.inputs.clusters(manager, 'all')).map(({ id }) => id) : clusterIds;
    // In batches, so that neither transactions nor turns of the event loop grow with the fleet.
    for (let at = 0; at < ids.length; at += batchSets) {
      const batch = ids.slice(at, at + batchSets);
      const outdated = await this.sets.outdated(manager, batch, this.clock.now());
      if (outdated.length === 0) continue;
      await this.database.transaction((transaction) =>
        this.sets.revise(transaction, outdated, this.clock.now()),
      );
    }
    if (clusterIds === 'all') await this.sendUnsent();
  }

  private async sendUnsent(): Promise<void> {
    const { manager } = this.database;
    const unsent = await this.store.unsent(manager);
    if (unsent.length > 0) await this.delivery.announce(manager, unsent);
  }

  private take(message: FeedMessage): void {
    if (message.kind === 'reset') return this.wantAll();
    for (const { topic, clusterId, deleted } of message.changes) {
      if (topic === 'environment') this.wantAll();
      else if (topic === 'cluster' && !deleted) this.want(clusterId);
    }
  }

  private want(clusterId: string): void {
    this.wanted.add(clusterId);
    this.schedule();
  }

  private wantAll(): void {
    this.wantsAll = true;
    this.schedule();
  }

  private schedule(waitMs = gatherMs): void {
    if (this.stopped || (!this.wantsAll && this.wanted.size === 0)) return;
    this.gathering ??= setTimeout(() => this.work(), waitMs);
  }

  private work(): void {
    const wanted = this.wantsAll ? 'all' : [...this.wanted];
    this.wantsAll = false;
    this.wanted.clear();
    let waitMs = gatherMs;
    this.working = this.refresh(wanted)
      .catch((err: unknown) => {
        this.logger.warn({ err }, 'standing intents were not computed');
        this.wantsAll = true;
        waitMs = retryMs;
      })
      .finally(() => {
        this.gathering = undefined;
        this.schedule(waitMs);
      });
  }
}
