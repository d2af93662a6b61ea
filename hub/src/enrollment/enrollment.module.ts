import { Module } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ClustersModule } from '../clusters/clusters.module.js';
import { Clock } from '../platform/clock.js';
import { HUB_CONFIG } from '../platform/config/hub-config.js';
import type { HubConfig } from '../platform/config/hub-flags.js';
import { openAuthority } from './authority-files.js';
import { agreeOnAuthority } from './authority-pin.js';
import { CertificateAuthority } from './certificate-authority.js';
import { EnrollmentService } from './enrollment.service.js';
import { JoinTokenStore } from './join-token.store.js';
import { JoinTokensService } from './join-tokens.service.js';

@Module({
  imports: [ClustersModule],
  providers: [
    JoinTokenStore,
    JoinTokensService,
    EnrollmentService,
    {
      provide: CertificateAuthority,
      inject: [HUB_CONFIG, DataSource, Clock],
      useFactory: async (
        config: HubConfig,
        dataSource: DataSource,
        clock: Clock,
      ): Promise<CertificateAuthority> => {
        const authority = await openAuthority(config, clock.now());
        await agreeOnAuthority(dataSource, authority.pin);
        return authority;
      },
    },
  ],
  exports: [JoinTokenStore, JoinTokensService, EnrollmentService, CertificateAuthority],
})
export class EnrollmentModule {}
