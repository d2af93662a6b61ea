import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnModuleInit } from '@nestjs/common';
import type { FleetDocument } from '@flotilla/common/fleet-api/document';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { Clock } from '../platform/clock.js';
import { GitError } from '../platform/git/git-error.js';
import { HubError } from '../platform/errors/hub-error.js';
import { Jobs } from '../platform/jobs/jobs.js';
import { LOGGER } from '../platform/logging/logger.js';
import { ConfigurationRepository } from './configuration-repository.js';
import { DocumentApplier } from './document-applier.js';
import type { ApplyContext, DocumentName } from './document-handler.js';
import { planPull, summaryOf } from './domain/plan-pull.js';
import type { LocatedProblem, PullPlan } from './domain/plan-pull.js';
import { OriginStore } from './origin.store.js';
import type { OriginRecord } from './origin.store.js';
import { RefusedDocuments } from './refused-documents.js';
import type { PullRecord } from './pull.store.js';
import { PullStore } from './pull.store.js';

const queue = 'configuration';
const key = 'git';

/** How a look at the repository ended. */
type PullResult = Pick<PullRecord, 'seenCommit' | 'message' | 'problems'> & { readonly documents: number };

/** Keeps the documents of the hub as they are in a Git repository: one replica looks, at each interval. */
@Injectable()
export class ConfigurationPull implements OnModuleInit, OnApplicationBootstrap {
  constructor(
    private readonly database: DataSource,
    private readonly repository: ConfigurationRepository,
    private readonly applier: DocumentApplier,
    private readonly origins: OriginStore,
    private readonly pulls: PullStore,
    private readonly jobs: Jobs,
    private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    if (this.repository.name !== null) this.jobs.work(queue, 1, () => this.run());
  }

  async onApplicationBootstrap(): Promise<void> {
    if (this.repository.name !== null) await this.jobs.wake(queue, key);
  }

  private async run(): Promise<void> {
    try {
      await this.pull();
    } finally {
      const { configGitIntervalMs } = this.repository.settings;
      await this.jobs.wake(queue, key, new Date(this.clock.now().getTime() + configGitIntervalMs));
    }
  }

  /** Looks once. What is wrong is kept for people to read; nothing is thrown but what the database says. */
  async pull(): Promise<void> {
    const repository = this.repository.name;
    if (repository === null) return;
    const before = await this.pulls.get(this.database.manager, repository);
    const result = await this.attempt(repository);
    const record = recordOf(repository, result, before, this.clock.now());
    await this.pulls.put(this.database.manager, record);
    this.tell(record, before);
  }

  /** Once, not at each interval. */
  private tell(record: PullRecord, before: PullRecord | null): void {
    const { repository, message, problems, appliedCommit } = record;
    if (message !== '' && message !== before?.message)
      this.logger.warn({ repository, reason: message, problems }, 'configuration was not taken from Git');
    if (message === '' && appliedCommit !== before?.appliedCommit)
      this.logger.info({ repository, commit: appliedCommit }, 'configuration was taken from Git');
  }

  private async attempt(repository: string): Promise<PullResult> {
    let seenCommit: string | null = null;
    let plan: PullPlan | undefined;
    try {
      const { commit, files } = await this.repository.read();
      seenCommit = commit;
      plan = planPull(files, await this.origins.of(this.database.manager, repository));
      if (plan.problems.length > 0) return resultOf(seenCommit, plan, plan.problems);
      const context = { actor: `git:${repository}`, now: this.clock.now() };
      await this.applyAll(plan, { repository, commit }, context);
      return resultOf(seenCommit, plan, await this.prune(plan.gone, context));
    } catch (error) {
      return resultOf(seenCommit, plan, problemsOf(error, plan));
    }
  }

  private async applyAll(
    { documents, paths }: PullPlan,
    { repository, commit }: { readonly repository: string; readonly commit: string },
    context: ApplyContext,
  ): Promise<void> {
    const origin = ({ kind, metadata }: FleetDocument): OriginRecord => {
      const { name } = metadata;
      return { kind, name, repository, path: paths.get(`${kind}/${name}`) ?? '', commit };
    };
    await this.database.transaction(async (manager) => {
      await this.applier.apply(manager, documents, context);
      await this.origins.put(manager, documents.map(origin));
    });
  }

  /** One by one: a pipeline that is still in use must not keep the rest from changing. */
  private async prune(
    gone: readonly DocumentName[],
    context: ApplyContext,
  ): Promise<readonly LocatedProblem[]> {
    const problems: LocatedProblem[] = [];
    for (const document of gone) {
      try {
        await this.database.transaction(async (manager) => {
          await this.applier.remove(manager, document, context);
          await this.origins.remove(manager, document.kind, document.name);
        });
      } catch (error) {
        if (!(error instanceof HubError) || error.code === 'Internal') throw error;
        const message = `is not in the repository any more, and cannot be deleted: ${error.message}`;
        problems.push({ path: '', document: `${document.kind}/${document.name}`, field: '', message });
      }
    }
    return problems;
  }
}

/** What is in force after a look: a look that failed leaves what was there. */
function recordOf(
  repository: string,
  { seenCommit, message, problems, documents }: PullResult,
  before: PullRecord | null,
  now: Date,
): PullRecord {
  const look = { repository, checkedAt: now, message, problems };
  if (message === '') {
    const appliedAt = seenCommit === before?.appliedCommit ? before.appliedAt : now;
    return { ...look, seenCommit, appliedCommit: seenCommit, appliedAt, documents };
  }
  return {
    ...look,
    seenCommit: seenCommit ?? before?.seenCommit ?? null,
    appliedCommit: before?.appliedCommit ?? null,
    appliedAt: before?.appliedAt ?? null,
    documents: before?.documents ?? 0,
  };
}

function resultOf(
  seenCommit: string | null,
  plan: PullPlan | undefined,
  problems: readonly LocatedProblem[],
): PullResult {
  return { seenCommit, documents: plan?.documents.length ?? 0, message: summaryOf(problems), problems };
}

/** What went wrong, with the file that it is about. @throws what is no fault of the repository */
function problemsOf(error: unknown, plan: PullPlan | undefined): readonly LocatedProblem[] {
  const nowhere = { path: '', document: '', field: '' };
  if (error instanceof GitError) return [{ ...nowhere, message: error.message }];
  if (!(error instanceof HubError)) throw error;
  if (!(error instanceof RefusedDocuments)) return [{ ...nowhere, message: error.message }];
  return error.problems.map((problem) => ({ path: plan?.paths.get(problem.document) ?? '', ...problem }));
}
