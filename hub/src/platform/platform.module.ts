import { Global, Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Logger } from 'pino';
import { ChangeFeed } from './changes/change-feed.js';
import { ChangeViews } from './changes/change-views.js';
import { Notifications } from './changes/notifications.js';
import { Clock } from './clock.js';
import { HUB_CONFIG } from './config/hub-config.js';
import type { HubConfig } from './config/hub-flags.js';
import { DATABASE_URL } from './database/database-url.js';
import { HealthController } from './health/health.controller.js';
import { Metrics } from './health/metrics.js';
import { LOGGER } from './logging/logger.js';

/** What exists before Nest does. */
export interface PlatformParts {
  readonly config: HubConfig;
  readonly logger: Logger;
  readonly databaseUrl: string;
  readonly clock: Clock;
  readonly dataSource: DataSource;
  readonly notifications: Notifications;
  readonly changeFeed: ChangeFeed;
}

/** Makes the platform injectable everywhere: HUB_CONFIG, LOGGER, DATABASE_URL, Clock, DataSource, Notifications, ChangeFeed, ChangeViews, Metrics. */
@Global()
@Module({})
export class PlatformModule {
  static with(parts: PlatformParts): DynamicModule {
    const providers = [
      { provide: HUB_CONFIG, useValue: parts.config },
      { provide: LOGGER, useValue: parts.logger },
      { provide: DATABASE_URL, useValue: parts.databaseUrl },
      { provide: Clock, useValue: parts.clock },
      { provide: DataSource, useValue: parts.dataSource },
      { provide: Notifications, useValue: parts.notifications },
      { provide: ChangeFeed, useValue: parts.changeFeed },
      { provide: ChangeViews, useFactory: (): ChangeViews => new ChangeViews() },
      { provide: Metrics, useFactory: (): Metrics => new Metrics() },
    ];
    return {
      module: PlatformModule,
      controllers: [HealthController],
      providers,
      exports: providers.map(({ provide }) => provide),
    };
  }
}
