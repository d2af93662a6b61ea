import { Injectable } from '@nestjs/common';
import { fleetKinds } from '@flotilla/common/fleet-api/document';
import type { FleetDocument } from '@flotilla/common/fleet-api/document';
import type { EntityManager } from 'typeorm';
import { AuditRecorder } from '../platform/audit/audit-recorder.js';
import { invalid } from '../platform/errors/hub-error.js';
import { DocumentHandlers } from './document-handler.js';
import type { ApplyContext, ApplyOutcome, DocumentHandler, DocumentName } from './document-handler.js';
import { RefusedDocuments } from './refused-documents.js';

/** What became of a document. */
export interface AppliedDocument extends DocumentName {
  readonly outcome: ApplyOutcome;
}

/** Sets of documents are applied one after the other: what is checked must not change meanwhile. */
const lock = 0x666c_6364;

/** Writes documents through the handlers of their kinds, checks them together, and audits what changed. */
@Injectable()
export class DocumentApplier {
  constructor(
    private readonly handlers: DocumentHandlers,
    private readonly audit: AuditRecorder,
  ) {}

  /** Waits for its turn to write documents; the transaction keeps it until its end. */
  async lock(manager: EntityManager): Promise<void> {
    await manager.query('SELECT pg_advisory_xact_lock($1)', [lock]);
  }

  /** In the order given. @throws HubError, RefusedDocuments: then nothing may be committed */
  async apply(
    manager: EntityManager,
    documents: readonly FleetDocument[],
    context: ApplyContext,
  ): Promise<readonly AppliedDocument[]> {
    await this.lock(manager);
    const applied: AppliedDocument[] = [];
    for (const document of documents) {
      const { kind, metadata } = document;
      const outcome = await this.handlerOf(kind).apply(manager, document, context);
      applied.push({ kind, name: metadata.name, outcome });
    }
    const changed = applied.filter(({ outcome }) => outcome !== 'unchanged');
    await this.check(manager, changed, context);
    for (const one of changed) await this.note(manager, one, one.outcome, context);
    return applied;
  }

  /** False when there is no such document. @throws HubError Conflict */
  async remove(manager: EntityManager, document: DocumentName, context: ApplyContext): Promise<boolean> {
    await this.lock(manager);
    if (!(await this.handlerOf(document.kind).remove(manager, document.name, context))) return false;
    await this.check(manager, [document], context);
    await this.note(manager, document, 'deleted', context);
    return true;
  }

  private async check(
    manager: EntityManager,
    changed: readonly DocumentName[],
    context: ApplyContext,
  ): Promise<void> {
    if (changed.length === 0) return;
    const problems = [];
    for (const kind of fleetKinds) {
      const refused = (await this.handlers.of(kind)?.check(manager, changed, context)) ?? [];
      for (const { name, problems: found } of refused)
        problems.push(...found.map((problem) => ({ document: `${kind}/${name}`, ...problem })));
    }
    if (problems.length > 0) throw new RefusedDocuments(problems);
  }

  private handlerOf(kind: DocumentName['kind']): DocumentHandler {
    const handler = this.handlers.of(kind);
    if (handler) return handler;
    throw invalid('kind', `this hub does not take documents of kind ${kind}`);
  }

  private async note(
    manager: EntityManager,
    { kind, name }: DocumentName,
    verb: string,
    { actor, requestId }: ApplyContext,
  ): Promise<void> {
    const topic = kind.toLowerCase();
    await this.audit.record(manager, {
      actor,
      action: `${topic}.${verb}`,
      subject: `${topic}/${name}`,
      ...(requestId !== undefined && { requestId }),
    });
  }
}
