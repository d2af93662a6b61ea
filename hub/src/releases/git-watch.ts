import { Inject, Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { durationMs } from '@flotilla/common/fleet-api/fields';
import type { PipelineSpec } from '@flotilla/common/fleet-api/pipeline';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { revisionKey } from '../fleet/domain/gate.js';
import type { PipelineRecord } from '../pipelines/pipelines.js';
import { Pipelines } from '../pipelines/pipelines.js';
import { Clock } from '../platform/clock.js';
import { GitError } from '../platform/git/git-error.js';
import type { GitMirror } from '../platform/git/git-mirror.js';
import { GitMirrors } from '../platform/git/git-mirrors.js';
import { Jobs } from '../platform/jobs/jobs.js';
import { LOGGER } from '../platform/logging/logger.js';
import type { SourceKey } from '../standing/standing.js';
import { sourceName } from './domain/source-name.js';
import { isJustLookedAt, lookDueAt } from './domain/watch-times.js';
import { OwnCommits } from './own-commits.js';
import { releaseQueue } from './queues.js';
import type { ReleaseItem } from './releases.js';
import { SourceStore } from './source.store.js';
import type { WatchRecord } from './watch.store.js';
import { WatchStore } from './watch.store.js';

type Watch = PipelineSpec['releases']['watch'][number];

const queue = 'release-watch';
const workers = 4;

/** Looks at Git servers for pipelines, at their intervals: what a branch has, and who wrote it. */
@Injectable()
export class GitWatch implements OnModuleInit {
  constructor(
    private readonly database: DataSource,
    private readonly pipelines: Pipelines,
    private readonly watches: WatchStore,
    private readonly sources: SourceStore,
    private readonly mirrors: GitMirrors,
    private readonly own: OwnCommits,
    private readonly jobs: Jobs,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.jobs.work(queue, workers, (key) => this.look(key));
  }

  /** Makes sure that each watch of the pipeline is looked at when it is due. */
  async plan({ name, spec }: PipelineRecord): Promise<void> {
    const records =
      spec.releases.watch.length === 0 ? [] : await this.watches.of(this.database.manager, name);
    for (const watch of spec.releases.watch) {
      const source = spec.sources[watch.source];
      if (source === undefined) continue;
      const record = records.find((one) => one.source === sourceName(source) && isOf(one, watch));
      const due = record && lookDueAt(record.checkedAt, durationMs(watch.interval), this.clock.now());
      await this.jobs.wake(queue, `${name}/${sourceName(source)}`, due);
    }
  }

  /** Looks soon, because an agent knows more. */
  hurry(pipeline: string, source: string, record: WatchRecord | undefined, needed: boolean): void {
    if (!needed || (record && isJustLookedAt(record.checkedAt, this.clock.now()))) return;
    this.jobs
      .wake(queue, `${pipeline}/${source}`)
      .catch((err: unknown) => this.logger.warn({ err, pipeline }, 'watch was not hurried'));
  }

  /**
   * Who wrote what is new since an older revision. Without a watch that is, of a commit that an agent has fetched,
   * who made the commit itself; of anything else nobody knows. @throws GitError for a watched source
   */
  async authors(
    { spec }: PipelineRecord,
    source: SourceKey,
    revision: string,
    since: string | null,
  ): Promise<Pick<ReleaseItem, 'authors' | 'authorUnknown'>> {
    if (since !== null && revisionKey(since) === revisionKey(revision)) return { authors: [] };
    const index = spec.sources.findIndex((one) => sourceName(one) === sourceName(source));
    const watch = spec.releases.watch.find((one) => one.source === index);
    const reported = await this.sources.authors(this.database.manager, source, revision);
    if (watch === undefined)
      return reported.length > 0 ? { authors: reported } : { authors: [], authorUnknown: true };
    const mirror = await this.mirrorOf(watch);
    const older = since === null ? null : revisionKey(since);
    const written = await mirror.authors(watch.branch, revisionKey(revision), older);
    return { authors: [...new Set([...written, ...reported])] };
  }

  /** Whether all that a watched branch has got since a revision was written by promotions. @throws GitError */
  async isOwn(watch: Watch, record: WatchRecord, since: string): Promise<boolean> {
    return this.own.areAll(record, since, () => this.mirrorOf(watch));
  }

  private async look(key: string): Promise<void> {
    const slash = key.indexOf('/');
    const [name, sourceKey] = [key.slice(0, slash), key.slice(slash + 1)];
    const pipeline = await this.pipelines.get(this.database.manager, name);
    const index = pipeline?.spec.sources.findIndex((source) => sourceName(source) === sourceKey);
    const watch = pipeline?.spec.releases.watch.find((one) => one.source === index);
    if (watch === undefined) return;
    const before = (await this.watches.of(this.database.manager, name)).find(
      (one) => one.source === sourceKey && isOf(one, watch),
    );
    const { commit, message } = await this.tip(watch);
    const record: WatchRecord = {
      pipeline: name,
      source: sourceKey,
      url: watch.url,
      branch: watch.branch,
      commit: commit ?? before?.commit ?? null,
      checkedAt: this.clock.now(),
      message,
    };
    await this.watches.put(this.database.manager, record);
    if (message !== '' && message !== before?.message)
      this.logger.warn({ pipeline: name, source: sourceKey, reason: message }, 'git could not be watched');
    if (record.commit !== null && record.commit !== before?.commit) await this.jobs.wake(releaseQueue, name);
    const due = lookDueAt(record.checkedAt, durationMs(watch.interval), record.checkedAt);
    await this.jobs.wake(queue, key, due);
  }

  private async tip(watch: Watch): Promise<{ readonly commit: string | null; readonly message: string }> {
    try {
      return { commit: await (await this.mirrorOf(watch)).tip(watch.branch), message: '' };
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      return { commit: null, message: error.message };
    }
  }

  private mirrorOf({ url, usernameEnv, passwordEnv }: Watch): Promise<GitMirror> {
    const read = (name: string | undefined) => (name === undefined ? undefined : process.env[name]);
    if (passwordEnv !== undefined && read(passwordEnv) === undefined)
      throw new GitError('failed', `${url}: the hub has no environment variable ${passwordEnv}`);
    return this.mirrors.of({ url, username: read(usernameEnv), password: read(passwordEnv) }, 'commits');
  }
}

function isOf(record: WatchRecord, watch: Watch): boolean {
  return record.url === watch.url && record.branch === watch.branch;
}
