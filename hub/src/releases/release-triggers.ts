import { Inject, Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap, OnModuleInit } from '@nestjs/common';
import type { Logger } from 'pino';
import type { Subscription } from 'rxjs';
import { DataSource } from 'typeorm';
import type { PipelineRecord } from '../pipelines/pipelines.js';
import { Pipelines } from '../pipelines/pipelines.js';
import type { Change } from '../platform/changes/change.js';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import { Jobs } from '../platform/jobs/jobs.js';
import { LOGGER } from '../platform/logging/logger.js';
import { PeriodicWork } from '../platform/periodic-work.js';
import { AutomaticReleases } from './automatic-releases.js';
import { sourceName } from './domain/source-name.js';
import { GitWatch } from './git-watch.js';
import { releaseQueue } from './queues.js';

/** Reports of many clusters in so short a time are one. */
const gatherMs = 200;
/** A pipeline whose clusters report without end, e.g. while all of them move, is looked at so often. */
const againMs = 2_000;
/** What no message told is found after so long. */
const sweepEveryMs = 60_000;
const workers = 4;

/** Has pipelines looked at when an agent tells something about one of their sources, and from time to time anyway. */
@Injectable()
export class ReleaseTriggers implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private known: readonly PipelineRecord[] = [];
  private readonly due = new Set<string>();
  /** When reports had a pipeline looked at last, on the clock of the process. */
  private readonly lookedAt = new Map<string, number>();
  /** Pipelines that were changed; all of them after a sweep. */
  private readonly changed = new Set<string>();
  private subscription: Subscription | undefined;
  private sweep: NodeJS.Timeout | undefined;
  private stale = true;
  private readonly wakes = new PeriodicWork(() => this.wake(), {
    everyMs: gatherMs,
    overlap: 'skipped',
    onFailure: (err) => {
      this.stale = true;
      this.logger.warn({ err }, 'releases were not looked for');
    },
  });

  constructor(
    private readonly database: DataSource,
    private readonly pipelines: Pipelines,
    private readonly automatic: AutomaticReleases,
    private readonly watch: GitWatch,
    private readonly feed: ChangeFeed,
    private readonly jobs: Jobs,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.jobs.work(releaseQueue, workers, (name) => this.automatic.evaluate(name));
  }

  onApplicationBootstrap(): void {
    this.subscription = this.feed.messages.subscribe((message) => {
      if (message.kind === 'reset') this.stale = true;
      else for (const change of message.changes) this.take(change);
    });
    this.wakes.start();
    this.sweep = setInterval(() => (this.stale = true), sweepEveryMs);
    this.sweep.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.subscription?.unsubscribe();
    clearInterval(this.sweep);
    await this.wakes.stop();
  }

  private take({ topic, key }: Change): void {
    if (topic === 'environment') this.stale = true;
    if (topic === 'pipeline' && key !== null) this.changed.add(key);
    if (topic !== 'object') return;
    const source = key === null ? null : key.split('|').slice(1).join('/');
    for (const { name, spec } of this.known)
      if (source === null || spec.sources.some((one) => sourceName(one) === source)) this.due.add(name);
  }

  private async wake(): Promise<void> {
    if (this.stale || this.changed.size > 0) await this.reload();
    const now = performance.now();
    for (const name of [...this.due].filter(
      (one) => now - (this.lookedAt.get(one) ?? -Infinity) >= againMs,
    )) {
      this.due.delete(name);
      this.lookedAt.set(name, now);
      await this.jobs.wake(releaseQueue, name);
    }
  }

  private async reload(): Promise<void> {
    const all = this.stale;
    const changed = new Set(this.changed);
    this.stale = false;
    this.changed.clear();
    this.known = await this.pipelines.all(this.database.manager);
    for (const pipeline of this.known.filter(({ name }) => all || changed.has(name))) {
      await this.watch.plan(pipeline);
      this.due.add(pipeline.name);
    }
  }
}
