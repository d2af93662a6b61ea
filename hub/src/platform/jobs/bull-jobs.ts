import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown, OnModuleDestroy } from '@nestjs/common';
import type { Job } from 'bullmq';
import type { Logger } from 'pino';
import { Clock } from '../clock.js';
import { LOGGER } from '../logging/logger.js';
import { PeriodicWork } from '../periodic-work.js';
import { Jobs } from './jobs.js';
import { QueueEngine } from './queue-engine.js';
import type { JobQueue, JobWorker } from './queue-engine.js';
import type { Arming } from './wake.store.js';
import { WakeStore } from './wake.store.js';

interface Work {
  readonly concurrency: number;
  readonly run: (key: string) => Promise<void>;
}

const sweepEveryMs = 5_000;
/** What is this late was lost between the table and the queue, e.g. with the process that was to make the job. */
const lateMs = 10_000;
const sweepAtMost = 500;

/** Jobs on BullMQ, with the table of wakes as the truth. */
@Injectable()
export class BullJobs extends Jobs implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  private readonly declared = new Map<string, Work>();
  private readonly queues = new Map<string, JobQueue>();
  private readonly workers: JobWorker[] = [];
  private readonly sweeps = new PeriodicWork(() => this.sweep(), {
    everyMs: sweepEveryMs,
    overlap: 'allowed',
    onFailure: (err) => this.logger.warn({ err }, 'jobs were not swept'),
  });

  constructor(
    private readonly engine: QueueEngine,
    private readonly wakes: WakeStore,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super();
  }

  work(queue: string, concurrency: number, run: (key: string) => Promise<void>): void {
    if (this.declared.has(queue)) throw new Error(`queue ${queue}: two workers`);
    this.declared.set(queue, { concurrency, run });
  }

  async wake(queue: string, key: string, at?: Date): Promise<void> {
    const arming = await this.wakes.want(queue, key, at ?? this.clock.now());
    if (arming !== null) await this.arm(arming);
  }

  onApplicationBootstrap(): void {
    for (const [name, { concurrency, run }] of this.declared) {
      const worker = this.engine.worker(name, concurrency, (job) => this.process(name, job, run));
      this.workers.push(worker);
      void worker.run().catch((err: unknown) => this.logger.error({ err, queue: name }, 'worker ended'));
    }
    this.sweeps.start();
  }

  /** Lets the jobs that run finish. */
  async onModuleDestroy(): Promise<void> {
    await this.sweeps.stop();
    await Promise.all(this.workers.map((worker) => worker.close()));
  }

  /** Others may wake until the very end. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.queues.values()].map((queue) => queue.close()));
    await this.engine.close();
  }

  /** Makes the jobs again that got lost. Replicas may do it at the same time: the id of a job is unique. */
  async sweep(): Promise<void> {
    const before = new Date(this.clock.now().getTime() - lateMs);
    for (const arming of await this.wakes.overdue([...this.declared.keys()], before, sweepAtMost)) {
      const state = await this.queueOf(arming.queue).getJobState(arming.arm);
      if (state !== 'unknown' && state !== 'failed' && state !== 'completed') continue;
      this.logger.warn({ queue: arming.queue, key: arming.key, state }, 'lost job is made again');
      if (state !== 'unknown') await this.queueOf(arming.queue).remove(arming.arm);
      await this.arm(arming);
    }
  }

  private async arm({ queue, key, arm, at }: Arming): Promise<void> {
    const delay = Math.max(0, at.getTime() - this.clock.now().getTime());
    await this.queueOf(queue).add(key, {}, { jobId: arm, delay });
  }

  private queueOf(name: string): JobQueue {
    const queue = this.queues.get(name) ?? this.engine.queue(name);
    this.queues.set(name, queue);
    return queue;
  }

  private async process(queue: string, job: Job, run: Work['run']): Promise<void> {
    const mine = { queue, key: job.name, arm: job.id ?? '' };
    if (!(await this.wakes.begin(mine, this.clock.now()))) return;
    try {
      await run(job.name);
    } catch (err) {
      this.logger.warn({ err, queue, key: job.name, attempt: job.attemptsMade + 1 }, 'job failed');
      throw err;
    }
    const next = await this.wakes.end(mine);
    if (next !== null) await this.arm(next);
  }
}
