import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DocumentHandler, DocumentHandlers } from '../configuration/document-handler.js';
import type {
  ApplyContext,
  ApplyOutcome,
  DocumentOf,
  RefusedDocument,
} from '../configuration/document-handler.js';
import { ChangeFeed } from '../platform/changes/change-feed.js';
import { conflict } from '../platform/errors/hub-error.js';
import { PipelineStore } from './pipeline.store.js';
import type { PipelineRecord } from './pipelines.js';

/** Stores Environment documents. What they mean for pipelines is checked with these. */
@Injectable()
export class EnvironmentHandler extends DocumentHandler<'Environment'> implements OnModuleInit {
  readonly kind = 'Environment';

  constructor(
    private readonly store: PipelineStore,
    private readonly changes: ChangeFeed,
    private readonly handlers: DocumentHandlers,
  ) {
    super();
  }

  onModuleInit(): void {
    this.handlers.register(this);
  }

  async apply(
    manager: EntityManager,
    document: DocumentOf<'Environment'>,
    context: ApplyContext,
  ): Promise<ApplyOutcome> {
    const { outcome } = await this.store.environments.put(manager, document, context);
    if (outcome !== 'unchanged') await this.tell(manager, document.metadata.name, false);
    return outcome;
  }

  async check(): Promise<readonly RefusedDocument[]> {
    return [];
  }

  async remove(manager: EntityManager, name: string): Promise<boolean> {
    const users = await this.store.using(manager, [name]);
    if (users.length > 0)
      throw conflict(`environment "${name}" is a part of ${named(users)}`, {
        remedy: 'remove it from the pipelines before, or delete these',
      });
    const looking = await this.store.lookingAt(manager, name);
    if (looking.length > 0)
      throw conflict(`environment "${name}" is looked at by a health gate of ${named(looking)}`, {
        remedy: 'take it out of the gate before',
      });
    const removed = await this.store.environments.remove(manager, name);
    if (removed) await this.tell(manager, name, true);
    return removed;
  }

  private async tell(manager: EntityManager, name: string, deleted: boolean): Promise<void> {
    await this.changes.publish(manager, [{ topic: 'environment', clusterId: '', key: name, deleted }]);
  }
}

function named(pipelines: readonly PipelineRecord[]): string {
  const names = pipelines.map(({ name }) => `"${name}"`).join(', ');
  return `${pipelines.length === 1 ? 'pipeline' : 'pipelines'} ${names}`;
}
