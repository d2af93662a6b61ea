import { Inject, Module } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { Clock } from '../platform/clock.js';
import { HUB_CONFIG } from '../platform/config/hub-config.js';
import type { HubConfig } from '../platform/config/hub-flags.js';
import { LOGGER } from '../platform/logging/logger.js';
import { AccessGuard } from './access.guard.js';
import { ApiTokenStore } from './api-token.store.js';
import { ApiTokensService } from './api-tokens.service.js';
import { Authenticator } from './authenticator.js';
import { adminTokenFile, bootstrapAdminToken } from './bootstrap-admin-token.js';
import { CreateApiTokenController } from './http/create-api-token.controller.js';
import { ListApiTokensController } from './http/list-api-tokens.controller.js';
import { RevokeApiTokenController } from './http/revoke-api-token.controller.js';
import { WhoamiController } from './http/whoami.controller.js';

/** API tokens, and the guard that stands before every route of the hub. */
@Module({
  controllers: [
    WhoamiController,
    CreateApiTokenController,
    ListApiTokensController,
    RevokeApiTokenController,
  ],
  providers: [ApiTokenStore, ApiTokensService, Authenticator, { provide: APP_GUARD, useClass: AccessGuard }],
  exports: [Authenticator],
})
export class AuthModule implements OnModuleInit {
  constructor(
    private readonly database: DataSource,
    private readonly tokens: ApiTokenStore,
    private readonly clock: Clock,
    @Inject(HUB_CONFIG) private readonly config: HubConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onModuleInit(): Promise<void> {
    const { dataDir, adminToken } = this.config;
    const settings = { dataDir, adminToken, now: this.clock.now() };
    const outcome = await this.database.transaction((manager) =>
      bootstrapAdminToken(manager, this.tokens, settings),
    );
    if (outcome === 'created')
      this.logger.info({ file: adminTokenFile(dataDir) }, 'first admin token was written');
  }
}
