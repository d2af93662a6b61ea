import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { CertificateStore } from '../clusters/certificate.store.js';
import { JoinTokenStore } from '../enrollment/join-token.store.js';
import { PlanStore } from '../plans/plan.store.js';
import { RecordStore } from '../objects/record.store.js';
import { Clock } from '../platform/clock.js';
import { InjectConfig } from '../platform/config/hub-config.js';
import type { HubConfig } from '../platform/config/hub-flags.js';
import { LOGGER } from '../platform/logging/logger.js';
import { PeriodicWork } from '../platform/periodic-work.js';

const dayMs = 86_400_000;
const everyMs = 10 * 60_000;
/** How long an agent may sleep and still come back with its expired certificate. */
const reissueWindowMs = 90 * dayMs;
/** Expired join tokens stay visible for a while, so that people see what became of them. */
const expiredTokenMs = 30 * dayMs;
const planRetentionMs = 7 * dayMs;
const mostPlans = 1_000;
/** Replicas take turns. */
const lock = 0x666c_6863;

/** Removes what has had its time: events, expired certificates, expired join tokens, plans. */
@Injectable()
export class Housekeeping implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly rounds = new PeriodicWork(() => this.tidy(), {
    everyMs,
    overlap: 'allowed',
    onFailure: (err) => this.logger.warn({ err }, 'old data was not removed'),
  });

  constructor(
    private readonly dataSource: DataSource,
    private readonly records: RecordStore,
    private readonly certificates: CertificateStore,
    private readonly tokens: JoinTokenStore,
    private readonly plans: PlanStore,
    private readonly clock: Clock,
    @InjectConfig() private readonly config: HubConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.start();
    this.rounds.run();
  }

  async onModuleDestroy(): Promise<void> {
    await this.rounds.stop();
  }

  /** One round; nothing is done while another replica does it. */
  async tidy(): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const rows = await manager.query<{ mine: boolean }[]>('SELECT pg_try_advisory_xact_lock($1) AS mine', [
        lock,
      ]);
      if (!rows[0]?.mine) return;
      const now = this.clock.now().getTime();
      const count = await this.records.removeBefore(manager, new Date(now - this.config.eventRetentionMs));
      await this.certificates.removeExpired(manager, new Date(now - reissueWindowMs));
      await this.tokens.removeExpired(manager, new Date(now - expiredTokenMs));
      await this.plans.removeOld(manager, new Date(now - planRetentionMs), mostPlans);
      if (count > 0) this.logger.info({ count }, 'old events were removed');
    });
  }
}
