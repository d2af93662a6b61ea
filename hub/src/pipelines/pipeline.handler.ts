import { Inject, Injectable, Optional } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DocumentHandler, DocumentHandlers } from '../configuration/document-handler.js';
import type {
  ApplyContext,
  ApplyOutcome,
  DocumentName,
  DocumentOf,
  RefusedDocument,
} from '../configuration/document-handler.js';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import { conflict } from '../platform/errors/hub-error.js';
import { checkPipeline } from './domain/check-pipeline.js';
import { PipelineCheck } from './pipeline-check.js';
import { PipelineStore } from './pipeline.store.js';
import type { PromotionUnderWay } from './pipelines.js';
import { PipelineListener, PipelineUse } from './pipelines.js';

/** Stores Pipeline documents, and checks them against the environments and the clusters that are there. */
@Injectable()
export class PipelineHandler extends DocumentHandler<'Pipeline'> implements OnModuleInit {
  readonly kind = 'Pipeline';

  constructor(
    private readonly store: PipelineStore,
    private readonly fleet: PipelineCheck,
    private readonly changes: ChangeFeed,
    private readonly handlers: DocumentHandlers,
    @Optional() @Inject(PipelineUse) private readonly use: PipelineUse | null,
    @Optional() @Inject(PipelineListener) private readonly listener: PipelineListener | null,
  ) {
    super();
  }

  onModuleInit(): void {
    this.handlers.register(this);
  }

  /** @throws HubError Conflict when it takes an environment away that a promotion is under way to */
  async apply(
    manager: EntityManager,
    document: DocumentOf<'Pipeline'>,
    context: ApplyContext,
  ): Promise<ApplyOutcome> {
    const { name } = document.metadata;
    const kept = new Set(document.spec.environments.map((environment) => environment.name));
    const stranded = (await this.underWay(manager, name)).filter(({ environment }) => !kept.has(environment));
    if (stranded.length > 0)
      throw inUse(`pipeline "${name}" cannot lose environment "${stranded[0]?.environment}"`, stranded);
    const { outcome, generation } = await this.store.pipelines.put(manager, document, context);
    if (outcome === 'unchanged') return outcome;
    await this.tell(manager, name, false);
    // What is wrong is refused by check(); whoever listens gets only what makes sense by itself.
    if (checkPipeline(document.spec).length === 0)
      await this.listener?.applied(manager, { name, generation, spec: document.spec }, context.now);
    return outcome;
  }

  async check(manager: EntityManager, changed: readonly DocumentName[]): Promise<readonly RefusedDocument[]> {
    const named = (kind: DocumentName['kind']) =>
      changed.filter((document) => document.kind === kind).map(({ name }) => name);
    const own = new Set(named('Pipeline'));
    const affected = new Set((await this.store.using(manager, named('Environment'))).map(({ name }) => name));
    const pipelines = (await this.store.all(manager)).filter(
      ({ name }) => own.has(name) || affected.has(name),
    );
    const refused = await Promise.all(
      pipelines.map(async ({ name, spec }): Promise<RefusedDocument> => {
        const problems = checkPipeline(spec);
        const found = problems.length > 0 ? problems : await this.fleet.check(manager, spec);
        return { kind: this.kind, name, problems: found };
      }),
    );
    return refused.filter(({ problems }) => problems.length > 0);
  }

  /** @throws HubError Conflict while promotions are under way */
  async remove(manager: EntityManager, name: string, context: ApplyContext): Promise<boolean> {
    const underWay = await this.underWay(manager, name);
    if (underWay.length > 0) throw inUse(`pipeline "${name}" cannot be deleted`, underWay);
    const removed = await this.store.pipelines.remove(manager, name);
    if (!removed) return false;
    await this.tell(manager, name, true);
    await this.listener?.removed(manager, name, context.now);
    return true;
  }

  private async underWay(manager: EntityManager, name: string): Promise<readonly PromotionUnderWay[]> {
    return (await this.use?.underWay(manager, name)) ?? [];
  }

  private async tell(manager: EntityManager, name: string, deleted: boolean): Promise<void> {
    await this.changes.publish(manager, [{ topic: 'pipeline', clusterId: '', key: name, deleted }]);
  }
}

function inUse(what: string, promotions: readonly PromotionUnderWay[]): Error {
  const list = promotions
    .slice(0, 5)
    .map(({ release, environment, state }) => `${release} to ${environment} (${state})`)
    .join(', ');
  return conflict(`${what} while promotions are under way: ${list}`, {
    remedy: `wait for them, or abort them: flotilla abort ${promotions[0]?.id ?? ''}`,
  });
}
