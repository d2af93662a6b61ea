import { Inject, Injectable, Optional } from '@nestjs/common';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import type { PipelineRecord } from '../pipelines/pipelines.js';
import { Clock } from '../platform/clock.js';
import { GitError } from '../platform/git/git-error.js';
import { LOGGER } from '../platform/logging/logger.js';
import { AuthorStore } from './author.store.js';
import { sourceName } from './domain/source-name.js';
import { GitWatch } from './git-watch.js';
import { ReleaseListener } from './releases.js';

/** Finds out later who made what was a release before anybody could tell: approvals wait for it. */
@Injectable()
export class AuthorLearner {
  constructor(
    private readonly database: DataSource,
    private readonly store: AuthorStore,
    private readonly git: GitWatch,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Optional() @Inject(ReleaseListener) private readonly listener: ReleaseListener | null,
  ) {}

  /** From what agents have reported since, and from Git where a watch has been added since. */
  async learn(pipeline: PipelineRecord): Promise<void> {
    const { name } = pipeline;
    if ((await this.store.unknown(this.database.manager, name)).length === 0) return;
    const now = this.clock.now();
    await this.database.transaction(async (manager) => {
      if ((await this.store.learnReported(manager, name, now)) > 0)
        await this.listener?.authorsLearned(manager, name);
    });
    await this.ask(pipeline, now);
  }

  private async ask(pipeline: PipelineRecord, now: Date): Promise<void> {
    const { name, spec } = pipeline;
    const watched = new Set(spec.releases.watch.map(({ source }) => sourceName(spec.sources[source]!)));
    if (watched.size === 0) return;
    const items = await this.store.unknown(this.database.manager, name);
    for (const item of items.filter(({ source }) => watched.has(sourceName(source)))) {
      try {
        const { authors, authorUnknown } = await this.git.authors(
          pipeline,
          item.source,
          item.revision,
          item.since,
        );
        if (authorUnknown) continue;
        await this.database.transaction(async (manager) => {
          await this.store.learn(manager, item, authors, now);
          await this.listener?.authorsLearned(manager, name);
        });
      } catch (error) {
        if (!(error instanceof GitError)) throw error;
        this.logger.warn(
          { pipeline: name, release: item.releaseId, reason: error.message },
          'authors could not be learned',
        );
      }
    }
  }
}
