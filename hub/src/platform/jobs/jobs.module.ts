import { Global, Module } from '@nestjs/common';
import type { Logger } from 'pino';
import { DATABASE_URL } from '../database/database-url.js';
import { LOGGER } from '../logging/logger.js';
import { BullJobs } from './bull-jobs.js';
import { Jobs } from './jobs.js';
import { QueueEngine } from './queue-engine.js';
import { WakeStore } from './wake.store.js';

/** Jobs for every feature. The schema of BullMQ is there before the first queue is. */
@Global()
@Module({
  providers: [
    WakeStore,
    {
      provide: QueueEngine,
      inject: [DATABASE_URL, LOGGER],
      useFactory: async (databaseUrl: string, logger: Logger): Promise<QueueEngine> => {
        const engine = new QueueEngine(databaseUrl, logger);
        await engine.migrate();
        return engine;
      },
    },
    { provide: Jobs, useClass: BullJobs },
  ],
  exports: [Jobs],
})
export class JobsModule {}
