import { Inject, Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { Clock } from '../platform/clock.js';
import { LOGGER } from '../platform/logging/logger.js';
import { PeriodicWork } from '../platform/periodic-work.js';
import { PlanEndings } from './plan-endings.js';
import { PlanStore } from './plan.store.js';
import { PullRequestStatus } from './pull-requests/pull-request-status.js';

const sweepEveryMs = 2_000;

/** Gives every question a last word, also when its cluster never answers. Replicas may sweep at the same time. */
@Injectable()
export class PlanExpiry implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly sweeps = new PeriodicWork(() => this.sweep(), {
    everyMs: sweepEveryMs,
    overlap: 'allowed',
    onFailure: (err) => this.logger.warn({ err }, 'plans were not swept'),
  });

  constructor(
    private readonly database: DataSource,
    private readonly plans: PlanStore,
    private readonly endings: PlanEndings,
    private readonly statuses: PullRequestStatus,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.sweeps.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.sweeps.stop();
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
