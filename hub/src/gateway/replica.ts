import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { Clock } from '../platform/clock.js';
import { InjectConfig } from '../platform/config/hub-config.js';
import type { HubConfig } from '../platform/config/hub-flags.js';
import { newId } from '../platform/ids.js';
import { LOGGER } from '../platform/logging/logger.js';
import { PeriodicWork } from '../platform/periodic-work.js';
import { SessionClaimStore } from './session-claim.store.js';

/** How often a replica says that it lives, and after which silence the others take it for dead. */
const aliveEveryMs = 5_000;
const deadAfterMs = 20_000;

/** This process among the replicas of the hub. */
@Injectable()
export class Replica {
  readonly id = newId();
  private alive: PeriodicWork | undefined;
  private startedAt: Date | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly claims: SessionClaimStore,
    private readonly clock: Clock,
    @InjectConfig() private readonly config: HubConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Makes the replica known and keeps it so. `sessions` are those that it holds. */
  async start(sessions: () => readonly string[]): Promise<void> {
    this.startedAt = this.clock.now();
    await this.sayAlive(sessions());
    this.alive = new PeriodicWork(() => this.sayAlive(sessions()), {
      everyMs: aliveEveryMs,
      overlap: 'allowed',
      onFailure: (err) => this.logger.warn({ err }, 'replica cannot say that it lives'),
    });
    this.alive.start();
  }

  async stop(): Promise<void> {
    await this.alive?.stop();
    await this.dataSource.query('DELETE FROM hub_replicas WHERE hub_replicas.id = $1', [this.id]);
  }

  private async sayAlive(sessions: readonly string[]): Promise<void> {
    const now = this.clock.now();
    await this.dataSource.transaction(async (manager) => {
      await manager.query(
        `INSERT INTO hub_replicas (id, name, started_at, seen_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at`,
        [this.id, this.config.replicaName, this.startedAt, now],
      );
      // Their sessions are free from now on: the foreign key of agents sees to that.
      await manager.query('DELETE FROM hub_replicas WHERE hub_replicas.seen_at < $1', [
        new Date(now.getTime() - deadAfterMs),
      ]);
      if (sessions.length > 0) await this.claims.restore(manager, sessions, this.id);
    });
  }
}
