import { Inject, Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import { Clock } from '../platform/clock.js';
import { LOGGER } from '../platform/logging/logger.js';
import { StandingNews } from '../standing/standing-news.js';
import { FreezeStore } from './freeze.store.js';

const lookEveryMs = 1_000;

/** Says that a freeze has begun or ended by the mere passing of time. Replicas may all say it. */
@Injectable()
export class FreezeWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;
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
    this.timer = setInterval(() => {
      this.looking ??= this.look()
        .catch((err: unknown) => this.logger.warn({ err }, 'beginning and end of freezes were not looked at'))
        .finally(() => {
          this.looking = undefined;
        });
    }, lookEveryMs);
    this.timer.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
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
