// A replica in a process of its own, to be killed: it begins jobs and never ends them. Arguments: database, queue.
import { BullJobs } from '@flotilla/hub/platform/jobs/bull-jobs';
import { QueueEngine } from '@flotilla/hub/platform/jobs/queue-engine';
import { WakeStore } from '@flotilla/hub/platform/jobs/wake.store';
import { Clock } from '@flotilla/hub/platform/clock';
import { openDataSource } from '@flotilla/hub/platform/database/data-source';
import { createLogger } from '@flotilla/hub/platform/logging/logger';

const [databaseUrl, queue] = process.argv.slice(2);
const logger = createLogger('silent');
const dataSource = await openDataSource({ databaseUrl, poolSize: 2, entities: [], logger });
const jobs = new BullJobs(
  new QueueEngine(databaseUrl, logger),
  new WakeStore(dataSource),
  new Clock(),
  logger,
);
jobs.work(queue, 1, async (key) => {
  process.stdout.write(`running ${key}\n`);
  await new Promise(() => setInterval(() => undefined, 1_000));
});
jobs.onApplicationBootstrap();
process.stdout.write('up\n');
