import { Injectable } from '@nestjs/common';
import { parseRevision } from '@flotilla/common/revision/revision';
import { DataSource } from 'typeorm';
import { revisionKey } from '../fleet/domain/gate.js';
import { firstEnvironments } from '../pipelines/domain/order.js';
import type { PipelineRecord } from '../pipelines/pipelines.js';
import { Pipelines } from '../pipelines/pipelines.js';
import { Clock } from '../platform/clock.js';
import type { SourceKey } from '../standing/standing.js';
import { AuthorLearner } from './author-learner.js';
import { advance, newestRevision } from './domain/newest-revision.js';
import type { SourceHistory } from './domain/newest-revision.js';
import { sourceName } from './domain/source-name.js';
import { GitWatch } from './git-watch.js';
import { ReleaseMaker } from './release-maker.js';
import { ReleaseStore } from './release.store.js';
import type { ReleaseItem } from './releases.js';
import { SourceStore } from './source.store.js';
import type { ObservedSource } from './source.store.js';
import type { WatchRecord } from './watch.store.js';
import { WatchStore } from './watch.store.js';

/** What is known of one source of a pipeline. */
interface Candidate {
  readonly source: SourceKey;
  readonly url: string;
  readonly before: SourceHistory | null;
  readonly history: SourceHistory | null;
}

/** Makes the release of what is the newest now, if there is none of it yet. */
@Injectable()
export class AutomaticReleases {
  constructor(
    private readonly database: DataSource,
    private readonly pipelines: Pipelines,
    private readonly sources: SourceStore,
    private readonly watches: WatchStore,
    private readonly releases: ReleaseStore,
    private readonly maker: ReleaseMaker,
    private readonly git: GitWatch,
    private readonly learner: AuthorLearner,
    private readonly clock: Clock,
  ) {}

  /** Reads everything anew, so it may be called at any time. @throws GitError when authors cannot be read */
  async evaluate(name: string): Promise<void> {
    const pipeline = await this.pipelines.get(this.database.manager, name);
    if (pipeline === null) return;
    await this.learner.learn(pipeline);
    if (!pipeline.spec.releases.automatic) return;
    const candidates = await this.candidates(pipeline);
    const items = await this.itemsOf(pipeline, candidates);
    const changed = candidates.some(({ before, history }) => before !== history);
    if (!changed && items === null) return;
    const now = this.clock.now();
    await this.database.transaction(async (manager) => {
      for (const { source, before, history } of candidates)
        if (history !== null && history !== before)
          await this.sources.remember(manager, name, sourceName(source), history, now);
      if (items !== null) await this.maker.make(manager, { pipeline: name, items, createdBy: 'hub', now });
    });
  }

  private async candidates({ name, spec }: PipelineRecord): Promise<readonly Candidate[]> {
    const { manager } = this.database;
    const observed = await this.sources.observed(
      manager,
      spec.sources,
      firstEnvironments(spec),
      this.clock.now(),
    );
    const histories = await this.sources.histories(manager, name);
    const watches = await this.watches.of(manager, name);
    const candidates = spec.sources.map(async (source, index): Promise<Candidate> => {
      const key = sourceName(source);
      const before = histories.get(key) ?? null;
      const seen = observed.get(key);
      const watch = spec.releases.watch.find((one) => one.source === index);
      if (watch === undefined)
        return {
          source,
          url: seen?.url ?? '',
          before,
          history: newestRevision(seen?.revisions ?? [], before),
        };
      const record = watches.find(
        (one) => one.source === key && one.url === watch.url && one.branch === watch.branch,
      );
      this.git.hurry(name, key, record, unseen(seen, before, record));
      // What promotions have written has been released: it waits for the next commit of somebody else.
      const isOwn = record && before && (await this.git.isOwn(watch, record, before.revision));
      const history = record?.commit && !isOwn ? advance(before, watchedRevision(record)) : before;
      return { source, url: seen?.url || watch.url, before, history };
    });
    return Promise.all(candidates);
  }

  /** Null: a source is not known yet, or there is a release of just this. */
  private async itemsOf(
    pipeline: PipelineRecord,
    candidates: readonly Candidate[],
  ): Promise<readonly ReleaseItem[] | null> {
    const found = candidates.flatMap(({ source, url, history }) =>
      history === null ? [] : [{ source, url, revision: history.revision }],
    );
    if (found.length < candidates.length) return null;
    const { manager } = this.database;
    if (await this.releases.same(manager, pipeline.name, found)) return null;
    const latest = await this.releases.latest(manager, pipeline.name);
    return Promise.all(
      found.map(async (item) => {
        const last = latest?.items.find(({ source }) => sourceName(source) === sourceName(item.source));
        return {
          ...item,
          digest: digestOf(item.revision),
          ...(await this.git.authors(pipeline, item.source, item.revision, last?.revision ?? null)),
        };
      }),
    );
  }
}

/** What the watch saw, as sources write it. */
function watchedRevision({ branch, commit }: WatchRecord): string {
  return `${branch}@${commit?.length === 64 ? 'sha256' : 'sha1'}:${commit ?? ''}`;
}

/** The digest of an artifact where the revision tells it; that of Git is its commit. */
export function digestOf(revision: string): string | null {
  const parsed = parseRevision(revision);
  return parsed?.algorithm === 'sha256' && parsed.hash.length === 64 ? `sha256:${parsed.hash}` : null;
}

/** Whether a cluster has seen a commit that the watch has not. */
function unseen(
  observed: ObservedSource | undefined,
  history: SourceHistory | null,
  record: WatchRecord | undefined,
): boolean {
  const known = new Set([...(history?.seen ?? []).map(revisionKey), record?.commit]);
  return (observed?.revisions ?? []).some(({ revision }) => !known.has(revisionKey(revision)));
}
