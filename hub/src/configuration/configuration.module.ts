import { Global, Module } from '@nestjs/common';
import { ConfigurationPull } from './configuration-pull.js';
import { ConfigurationRepository } from './configuration-repository.js';
import { ConfigurationService } from './configuration.service.js';
import { DocumentApplier } from './document-applier.js';
import { DocumentHandlers, DocumentRemoval } from './document-handler.js';
import { DocumentRights } from './document-rights.js';
import { ApplyController } from './http/apply.controller.js';
import { GetConfigurationController } from './http/get-configuration.controller.js';
import { OriginStore } from './origin.store.js';
import { PullStore } from './pull.store.js';

/** Documents that configure the hub, applied by people or read from Git. */
@Global()
@Module({
  controllers: [ApplyController, GetConfigurationController],
  providers: [
    { provide: DocumentHandlers, useFactory: (): DocumentHandlers => new DocumentHandlers() },
    DocumentApplier,
    DocumentRights,
    OriginStore,
    PullStore,
    ConfigurationRepository,
    ConfigurationService,
    { provide: DocumentRemoval, useExisting: ConfigurationService },
    ConfigurationPull,
  ],
  exports: [DocumentHandlers, DocumentRemoval],
})
export class ConfigurationModule {}
