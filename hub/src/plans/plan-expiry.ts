import { Inject, Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { Clock } from '../platform/clock.js';
import { LOGGER } from '../platform/logging/logger.js';
import { PlanEndings } from './plan-endings.js';
import { PlanStore } from './plan.store.js';
import { PullRequestStatus } from './pull-requests/pull-request-status.js';

const sweepEveryMs = 2_000;

/** Gives every question a last word, also when its cluster never answers. Replicas may sweep at the same time. */
@Injectable()
export class PlanExpiry implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: DataSource,
    private readonly plans: PlanStore,
    private readonly endings: PlanEndings,
    private readonly statuses: PullRequestStatus,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.sweeping = this.sweep().catch((err: unknown) => this.logger.warn({ err }, 'plans were not swept'));
    }, sweepEveryMs);
    this.timer.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.sweeping;
  }

  async sweep(): Promise<void> {
    const now = this.clock.now();
    await this.database.transaction(async (manager) => {
      const given = await this.plans.giveUp(manager, now);
      const overlooked = await this.plans.overlooked(manager);
      await this.endings.changed(manager, [...new Set([...given, ...overlooked])], now);
    });
    await this.statuses.wakeUnposted(now);
  }
}
