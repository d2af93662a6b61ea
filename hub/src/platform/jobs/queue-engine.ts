import { createPostgresBackend, Queue, runMigrations, Worker } from 'bullmq';
import type { PostgresConnectionOptions, PostgresQueueBackend, Processor } from 'bullmq';
import pg from 'pg';
import type { Logger } from 'pino';

/** BullMQ keeps its tables in a schema of its own, in the database of the hub. */
const schema = 'bullmq';
/** A worker listens on a connection of its own; the rest of them share these. */
const sharedConnections = 6;
const workersAtMost = 10;
/** A replica that died loses its lock after so long, and its jobs at the second check after that. */
const lockMs = 10_000;
const stalledCheckMs = 4_000;
/** Jobs are retried for as long as they fail, and taken over as often as replicas die. */
const endless = 1_000_000_000;
/** Nobody reads BullMQ's own events. */
const eventsKept = 256;

/** What rides in a job: nothing, its name is the key. */
type Nothing = Record<string, never>;
/** A queue and a worker on PostgreSQL. */
export type JobQueue = Queue<
  Nothing,
  void,
  string,
  Nothing,
  void,
  string,
  PostgresQueueBackend,
  PostgresConnectionOptions
>;
export type JobWorker = ReturnType<QueueEngine['worker']>;

/** Tries again after 1 s, doubling to 1 minute. */
export function retryDelayMs(attemptsMade: number): number {
  return Math.min(60_000, 1_000 * 2 ** Math.min(attemptsMade - 1, 10));
}

/** BullMQ on the hub's PostgreSQL: makes queues and workers on one small pool of connections. */
export class QueueEngine {
  private readonly pool: pg.Pool;

  constructor(
    databaseUrl: string,
    private readonly logger: Logger,
  ) {
    this.pool = new pg.Pool({
      connectionString: databaseUrl,
      options: `-c search_path=${schema}`,
      application_name: 'flotilla-hub jobs',
      max: sharedConnections + workersAtMost,
      // A listener that was dropped without a word has to be noticed.
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      connectionTimeoutMillis: 10_000,
    });
    this.pool.on('error', () => undefined);
  }

  /** Has to come first: workers on an unmigrated schema spin. Replicas that start together take turns. */
  async migrate(): Promise<void> {
    const client = await this.pool.connect();
    try {
      await runMigrations(client, schema);
    } finally {
      client.release();
    }
  }

  queue(name: string): JobQueue {
    const queue = new Queue(
      name,
      {
        connection: this.pool,
        streams: { events: { maxLen: eventsKept } },
        defaultJobOptions: {
          attempts: endless,
          backoff: { type: 'custom' },
          removeOnComplete: true,
          removeOnFail: true,
          stackTraceLimit: 1,
        },
      },
      createPostgresBackend,
    );
    queue.on('error', (err) => this.logger.warn({ err, queue: name }, 'queue of jobs failed'));
    return queue;
  }

  /** A worker that begins when `run()` is called. */
  worker(name: string, concurrency: number, process: Processor<Nothing, void>) {
    const worker = new Worker(
      name,
      process,
      {
        connection: this.pool,
        autorun: false,
        concurrency,
        lockDuration: lockMs,
        stalledInterval: stalledCheckMs,
        maxStalledCount: endless,
        // NOTIFY wakes it; this is how often it looks on its own.
        drainDelay: 30,
        runRetryDelay: 1_000,
        settings: { backoffStrategy: retryDelayMs },
      },
      createPostgresBackend,
    );
    worker.on('error', (err) => this.logger.warn({ err, queue: name }, 'worker of jobs failed'));
    return worker;
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}
