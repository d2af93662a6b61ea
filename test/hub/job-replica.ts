// The jobs of one hub replica without the rest of the hub.
import { BullJobs } from '@flotilla/hub/platform/jobs/bull-jobs';
import { QueueEngine } from '@flotilla/hub/platform/jobs/queue-engine';
import { WakeStore } from '@flotilla/hub/platform/jobs/wake.store';
import { Clock } from '@flotilla/hub/platform/clock';
import { openDataSource } from '@flotilla/hub/platform/database/data-source';
import { createLogger } from '@flotilla/hub/platform/logging/logger';

export interface JobReplica {
  readonly jobs: BullJobs;
  /** Stops as a hub does: what runs is finished. */
  stop(): Promise<void>;
}

/** Declares one worker and begins. */
export async function startJobReplica(
  databaseUrl: string,
  queue: string,
  run: (key: string) => Promise<void>,
  concurrency = 4,
): Promise<JobReplica> {
  const logger = createLogger('silent');
  const dataSource = await openDataSource({ databaseUrl, poolSize: 4, entities: [], logger });
  const engine = new QueueEngine(databaseUrl, logger);
  await engine.migrate();
  const jobs = new BullJobs(engine, new WakeStore(dataSource), new Clock(), logger);
  jobs.work(queue, concurrency, run);
  jobs.onApplicationBootstrap();
  return {
    jobs,
    async stop() {
      await jobs.onModuleDestroy();
      await jobs.onApplicationShutdown();
      await dataSource.destroy();
    },
  };
}
