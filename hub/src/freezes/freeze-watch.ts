import { Inject, Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import { Clock } from '../platform/clock.js';
import { LOGGER } from '../platform/logging/logger.js';
import { PeriodicWork } from '../platform/periodic-work.js';
import { StandingNews } from '../standing/standing-news.js';
import { FreezeStore } from './freeze.store.js';

const lookEveryMs = 1_000;

/** Says that a freeze has begun or ended by the mere passing of time. Replicas may all say it. */
@Injectable()
export class FreezeWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly looks = new PeriodicWork(() => this.look(), {
    everyMs: lookEveryMs,
    overlap: 'skipped',
    onFailure: (err) => this.logger.warn({ err }, 'beginning and end of freezes were not looked at'),
  });
  private lookedAt: Date;

  constructor(
    private readonly database: DataSource,
    private readonly store: FreezeStore,
    private readonly news: StandingNews,
    private readonly changes: ChangeFeed,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.lookedAt = clock.now();
  }

  onApplicationBootstrap(): void {
    this.looks.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.looks.stop();
  }

  private async look(): Promise<void> {
    const now = this.clock.now();
    await this.database.transaction(async (manager) => {
      const names = await this.store.turned(manager, this.lookedAt, now);
      if (names.length === 0) return;
      await this.news.tell(manager);
      await this.changes.publish(
        manager,
        names.map((key) => ({ topic: 'freeze', clusterId: '', key, deleted: false })),
      );
    });
    this.lookedAt = now;
  }
}
