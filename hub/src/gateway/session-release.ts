import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import { GroupCommit } from '../platform/database/group-commit.js';
import { LOGGER } from '../platform/logging/logger.js';
import { SessionClaimStore } from './session-claim.store.js';

const mostAtOnce = 1_000;

/** Frees sessions that have ended, many in one transaction: a switch that fails ends them all at once. */
@Injectable()
export class SessionRelease {
  private readonly commits: GroupCommit<string, undefined>;

  constructor(
    dataSource: DataSource,
    private readonly claims: SessionClaimStore,
    private readonly changes: ChangeFeed,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.commits = new GroupCommit({
      dataSource,
      write: async (manager, sessionIds) => {
        const clusters = await this.claims.release(manager, sessionIds);
        const news = clusters.map(({ clusterId, name }) => ({
          topic: 'cluster' as const,
          clusterId,
          key: name,
          deleted: false,
        }));
        await this.changes.publish(manager, news);
        return sessionIds.map(() => undefined);
      },
      weigh: () => 1,
      maxWeight: mostAtOnce,
      onDatabaseAway: (err) => logger.warn({ err }, 'ended sessions wait for the database'),
    });
  }

  /** Frees what the session still holds; readers hear that its cluster is not connected any more. */
  async release(sessionId: string): Promise<void> {
    await this.commits.submit(sessionId);
  }

  async stop(): Promise<void> {
    await this.commits.stop();
  }
}
