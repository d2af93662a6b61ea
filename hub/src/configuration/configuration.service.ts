import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Caller } from '../auth/access.js';
import { Clock } from '../platform/clock.js';
import { conflict, notFound } from '../platform/errors/hub-error.js';
import { ConfigurationRepository } from './configuration-repository.js';
import type { AppliedDocument } from './document-applier.js';
import { DocumentApplier } from './document-applier.js';
import type { ApplyContext, DocumentName } from './document-handler.js';
import { DocumentRemoval } from './document-handler.js';
import { DocumentRights } from './document-rights.js';
import { readDocuments } from './domain/read-documents.js';
import { OriginStore } from './origin.store.js';
import { RefusedDocuments } from './refused-documents.js';

export interface ApplyOptions {
  readonly dryRun?: boolean | undefined;
  /** Also what the hub reads from Git. */
  readonly force?: boolean | undefined;
}

/** Ends the transaction of a dry run. */
class DryRun extends Error {
  constructor(readonly applied: readonly AppliedDocument[]) {
    super('dry run');
  }
}

/** Documents as people apply and delete them: all or nothing, with their audit records. */
@Injectable()
export class ConfigurationService extends DocumentRemoval {
  constructor(
    private readonly database: DataSource,
    private readonly applier: DocumentApplier,
    private readonly rights: DocumentRights,
    private readonly origins: OriginStore,
    private readonly repository: ConfigurationRepository,
    private readonly clock: Clock,
  ) {
    super();
  }

  /** @throws HubError Invalid with every problem, Forbidden, Conflict for documents that are kept in Git or still needed */
  async apply(
    values: readonly unknown[],
    caller: Caller,
    { dryRun = false, force = false }: ApplyOptions = {},
  ): Promise<readonly AppliedDocument[]> {
    const { documents, problems } = readDocuments(values);
    if (problems.length > 0) throw new RefusedDocuments(problems);
    try {
      return await this.database.transaction(async (manager) => {
        const names = documents.map(({ kind, metadata: { name } }) => ({ kind, name }));
        await this.applier.lock(manager);
        await this.rights.check(manager, names, caller, force);
        if (!force) for (const name of names) await this.refuseFromGit(manager, name);
        const applied = await this.applier.apply(manager, documents, this.contextOf(caller));
        if (dryRun) throw new DryRun(applied);
        return applied;
      });
    } catch (error) {
      if (error instanceof DryRun) return error.applied;
      throw error;
    }
  }

  async remove(
    document: DocumentName,
    caller: Caller,
    { force = false }: { readonly force?: boolean } = {},
  ): Promise<void> {
    await this.database.transaction(async (manager) => {
      await this.applier.lock(manager);
      await this.rights.check(manager, [document], caller, force);
      if (!force) await this.refuseFromGit(manager, document);
      const removed = await this.applier.remove(manager, document, this.contextOf(caller));
      if (!removed) throw notFound(`${document.kind.toLowerCase()} "${document.name}" does not exist`);
      await this.origins.remove(manager, document.kind, document.name);
    });
  }

  private contextOf({ name, requestId }: Caller): ApplyContext {
    return { actor: name, requestId, now: this.clock.now() };
  }

  private async refuseFromGit(manager: EntityManager, document: DocumentName): Promise<void> {
    if (this.repository.name === null) return;
    const origin = await this.origins.get(manager, document);
    if (origin?.repository !== this.repository.name) return;
    throw conflict(
      `${document.kind}/${document.name} is kept in Git: ${origin.path} in ${origin.repository}, commit ${origin.commit.slice(0, 12)}`,
      { remedy: 'change it there; ?force=true changes it here until the next pull' },
    );
  }
}
