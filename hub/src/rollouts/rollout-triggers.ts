import { Inject, Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from 'pino';
import type { Subscription } from 'rxjs';
import { DataSource } from 'typeorm';
import type { FeedMessage } from '../platform/changes/change-feed.js';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import type { Change } from '../platform/changes/change.js';
import { Clock } from '../platform/clock.js';
import { LOGGER } from '../platform/logging/logger.js';
import { batchesOf } from './domain/batches.js';
import { reportOf } from './domain/report.js';
import type { Report } from './domain/report.js';
import { RolloutDueStore } from './rollout-due.store.js';
import { RolloutEngine } from './rollout-engine.js';

/** Reports are gathered for so long before the rollouts that they touch are looked at together. */
const gatherMs = 200;
/** How often rollouts are looked for whose time has come; it also finds what a dead replica has left. */
const sweepEveryMs = 1_000;
/** Rollouts that one transaction decides on, and how many transactions do so at a time. */
const batch = 10;
const inParallel = 4;
/** When the database or another replica was in the way. */
const retryMs = 500;

/** Decides when to look at which rollout: after reports about their clusters, when time has come, and when asked. */
@Injectable()
export class RolloutTriggers implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private subscription: Subscription | undefined;
  private readonly timers = new Set<NodeJS.Timeout>();
  /** By the text of the change: each once. */
  private reported = new Map<string, Report>();
  private changed = new Set<string>();
  private rollouts = new Set<string>();
  private everything = false;
  private gathering: NodeJS.Timeout | undefined;
  private working: Promise<void> | undefined;
  private sweep: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly database: DataSource,
    private readonly feed: ChangeFeed,
    private readonly due: RolloutDueStore,
    private readonly engine: RolloutEngine,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.subscription = this.feed.messages.subscribe((message) => this.take(message));
    this.sweep = setInterval(() => this.gather(), sweepEveryMs);
    this.sweep.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    this.subscription?.unsubscribe();
    clearInterval(this.sweep);
    clearTimeout(this.gathering);
    for (const timer of this.timers) clearTimeout(timer);
    await this.working;
  }

  /** Wants a rollout to be looked at soon. */
  private wake(id: string): void {
    this.rollouts.add(id);
    this.gather();
  }

  private take(message: FeedMessage): void {
    if (message.kind === 'reset') this.everything = true;
    else for (const change of message.changes) this.note(change);
    this.gather();
  }

  /** A rollout that was started, or that somebody did something to, is due at once: `take` looks for it. */
  private note(change: Change): void {
    const { topic, clusterId, key } = change;
    if (topic === 'object') this.reported.set(`${clusterId} ${key}`, reportOf(change));
    else if (topic === 'cluster') this.changed.add(clusterId);
    else if (topic === 'freeze' || topic === 'veto' || topic === 'environment') this.everything = true;
  }

  private gather(): void {
    if (this.stopped || this.gathering || this.working) return;
    this.gathering = setTimeout(() => {
      this.gathering = undefined;
      this.working = this.work()
        .catch((err: unknown) => this.logger.warn({ err }, 'rollouts were not looked at'))
        .finally(() => {
          this.working = undefined;
          if (this.reported.size + this.changed.size + this.rollouts.size > 0 || this.everything)
            this.gather();
        });
    }, gatherMs);
  }

  private async work(): Promise<void> {
    const wanted = {
      reported: [...this.reported.values()],
      changed: [...this.changed],
      rollouts: [...this.rollouts],
      everything: this.everything,
    };
    this.reported = new Map();
    this.changed = new Set();
    this.rollouts = new Set();
    this.everything = false;
    const batches = batchesOf(await this.due.find(this.database.manager, wanted), batch);
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < batches.length && !this.stopped) {
        const at = next;
        next += 1;
        await this.evaluate(batches[at]!);
      }
    };
    await Promise.all(Array.from({ length: inParallel }, work));
  }

  /** One bad rollout must not harm its neighbours. */
  private async evaluate(ids: readonly string[]): Promise<void> {
    try {
      const looks = await this.engine.evaluate(ids);
      for (const { id, at } of looks) if (at !== null) this.wakeAt(id, at);
      // Somebody else decides on the others just now, perhaps from what was known before.
      const seen = new Set(looks.map(({ id }) => id));
      for (const id of ids) if (!seen.has(id)) this.later(() => this.wake(id), gatherMs);
    } catch (err) {
      if (ids.length > 1) {
        for (const id of ids) await this.evaluate([id]);
        return;
      }
      this.logger.warn({ err, rollout: ids[0] }, 'rollout was not decided');
      this.later(() => this.wake(ids[0]!), retryMs);
    }
  }

  /** Times that come before the next sweep are kept to the millisecond; the others stand in the database. */
  private wakeAt(id: string, at: number): void {
    const left = at - this.clock.now().getTime();
    if (left < 2 * sweepEveryMs) this.later(() => this.wake(id), Math.max(0, left - gatherMs));
  }

  private later(run: () => void, milliseconds: number): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      run();
    }, milliseconds);
    timer.unref();
    this.timers.add(timer);
  }
}
