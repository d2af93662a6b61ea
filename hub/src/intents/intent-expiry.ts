import { Inject, Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import { Clock } from '../platform/clock.js';
import { LOGGER } from '../platform/logging/logger.js';
import { PeriodicWork } from '../platform/periodic-work.js';
import { IntentStore } from './intent.store.js';

const sweepEveryMs = 2_000;

/** Gives every intent a final state, also when its cluster never answers. Replicas may sweep at the same time. */
@Injectable()
export class IntentExpiry implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly sweeps = new PeriodicWork(() => this.sweep(), {
    everyMs: sweepEveryMs,
    overlap: 'allowed',
    onFailure: (err) => this.logger.warn({ err }, 'intents were not swept'),
  });

  constructor(
    private readonly database: DataSource,
    private readonly intents: IntentStore,
    private readonly changes: ChangeFeed,
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
    await this.database.transaction(async (manager) => {
      const now = this.clock.now();
      const refused = await this.intents.refuseCutOff(manager, now);
      const expired = await this.intents.expire(manager, now);
      const news = [...refused, ...expired].map(({ id, clusterId }) => ({
        topic: 'intent' as const,
        clusterId,
        key: id,
        deleted: false,
      }));
      if (news.length > 0) await this.changes.publish(manager, news);
    });
  }
}
