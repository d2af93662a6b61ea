import { Injectable } from '@nestjs/common';
import type { SourceRef } from '@flotilla/common/fleet-api/fields';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Caller } from '../auth/access.js';
import type { PipelineRecord } from '../pipelines/pipelines.js';
import { Pipelines } from '../pipelines/pipelines.js';
import { Clock } from '../platform/clock.js';
import { GitError } from '../platform/git/git-error.js';
import { conflict, invalid, notFound } from '../platform/errors/hub-error.js';
import { digestOf } from './automatic-releases.js';
import { resolveRevision } from './domain/resolve-revision.js';
import { sourceName } from './domain/source-name.js';
import { GitWatch } from './git-watch.js';
import { ReleaseMaker } from './release-maker.js';
import { ReleaseStore } from './release.store.js';
import type { ReleaseItem, ReleaseRecord } from './releases.js';
import { SourceStore } from './source.store.js';

/** What somebody wants to be a release. */
export interface ReleaseRequest {
  readonly pipeline: string;
  readonly items: readonly { readonly source?: SourceRef | undefined; readonly revision: string }[];
}

/** Releases by hand. */
@Injectable()
export class ReleasesService {
  constructor(
    private readonly database: DataSource,
    private readonly pipelines: Pipelines,
    private readonly sources: SourceStore,
    private readonly releases: ReleaseStore,
    private readonly maker: ReleaseMaker,
    private readonly git: GitWatch,
    private readonly clock: Clock,
  ) {}

  /**
   * Sources that are not named keep what the newest release has. The release that holds the same is the answer
   * where there is one. @throws HubError NotFound, Invalid
   */
  async create(
    request: ReleaseRequest,
    caller: Caller,
  ): Promise<{ readonly release: ReleaseRecord; readonly isNew: boolean }> {
    const { manager } = this.database;
    const pipeline = await this.pipelines.get(manager, request.pipeline);
    if (pipeline === null) throw missingPipeline(request.pipeline);
    const wanted = wantedRevisions(pipeline, request);
    const latest = await this.releases.latest(manager, pipeline.name);
    const items: ReleaseItem[] = [];
    for (const source of pipeline.spec.sources) {
      const last = latest?.items.find((item) => sourceName(item.source) === sourceName(source));
      const text = wanted.get(sourceName(source));
      items.push(await this.itemOf(manager, pipeline, source, text, last));
    }
    const made = await this.database.transaction((transaction) =>
      this.maker.makeOrFind(transaction, {
        pipeline: pipeline.name,
        items,
        createdBy: caller.name,
        makerEmails: caller.emails,
        requestId: caller.requestId,
        now: this.clock.now(),
      }),
    );
    if (made) return made;
    throw missingPipeline(request.pipeline);
  }

  private async itemOf(
    manager: EntityManager,
    pipeline: PipelineRecord,
    source: SourceRef,
    wanted: { readonly text: string; readonly field: string } | undefined,
    last: ReleaseItem | undefined,
  ): Promise<ReleaseItem> {
    if (wanted === undefined) {
      if (last) return { source, url: last.url, revision: last.revision, digest: last.digest, authors: [] };
      throw invalid(
        'items',
        `items: ${sourceName(source)} is missing, and there is no release to take it from`,
      );
    }
    const known = await this.sources.known(manager, source);
    const index = pipeline.spec.sources.indexOf(source);
    const watch = pipeline.spec.releases.watch.find((one) => one.source === index);
    const resolved = resolveRevision(wanted.text, source.kind, known, watch?.branch ?? null);
    if ('problem' in resolved) throw invalid(wanted.field, `${wanted.field}: ${resolved.problem}`);
    const { revision } = resolved;
    const url = known.find((one) => one.url !== '')?.url ?? last?.url ?? watch?.url ?? '';
    const authors = await this.authorsOf(pipeline, source, revision, last?.revision ?? null, wanted.field);
    return { source, url, revision, digest: digestOf(revision), ...authors };
  }

  private async authorsOf(
    pipeline: PipelineRecord,
    source: SourceRef,
    revision: string,
    since: string | null,
    field: string,
  ): Promise<Pick<ReleaseItem, 'authors' | 'authorUnknown'>> {
    try {
      return await this.git.authors(pipeline, source, revision, since);
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      if (error.failure === 'not-found') throw invalid(field, `${field}: ${error.message}`);
      throw conflict(`the authors of ${revision} cannot be read: ${error.message}`, {
        remedy: 'try again when the Git server answers',
      });
    }
  }
}

/** By name of the source. @throws HubError Invalid */
function wantedRevisions(
  { name, spec }: PipelineRecord,
  { items }: ReleaseRequest,
): ReadonlyMap<string, { readonly text: string; readonly field: string }> {
  const wanted = new Map<string, { text: string; field: string }>();
  for (const [index, { source, revision }] of items.entries()) {
    const field = `items.${index}.source`;
    const [only, ...more] = spec.sources;
    if (source === undefined && more.length > 0)
      throw invalid(field, `${field}: pipeline "${name}" has ${spec.sources.length} sources; say which one`);
    const key = sourceName(source ?? only ?? { kind: '', namespace: '', name: '' });
    if (!spec.sources.some((one) => sourceName(one) === key)) {
      const all = spec.sources.map(sourceName).join(', ');
      throw invalid(field, `${field}: ${key} is no source of pipeline "${name}"; it has ${all}`);
    }
    if (wanted.has(key)) throw invalid(field, `${field}: ${key} is there twice`);
    wanted.set(key, { text: revision, field: `items.${index}.revision` });
  }
  return wanted;
}

function missingPipeline(name: string): Error {
  return notFound(`pipeline "${name}" does not exist`, {
    field: 'pipeline',
    remedy: 'flotilla get pipelines lists them',
  });
}
