import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Caller } from '../auth/access.js';
import { permits } from '../auth/domain/role.js';
import { Clock } from '../platform/clock.js';
import { HubError } from '../platform/errors/hub-error.js';
import { DocumentHandlers } from './document-handler.js';
import type { DocumentName } from './document-handler.js';

/** Who may write and delete which documents: admins all of them, operators what the handler of the kind says. */
@Injectable()
export class DocumentRights {
  constructor(
    private readonly handlers: DocumentHandlers,
    private readonly clock: Clock,
  ) {}

  /** Under the lock of the applier, so that what is judged stays true. @throws HubError Forbidden */
  async check(
    manager: EntityManager,
    documents: readonly DocumentName[],
    { name, role }: Caller,
    force: boolean,
  ): Promise<void> {
    if (permits(role, 'admin')) return;
    if (force)
      throw new HubError('Forbidden', `force: needs the role admin, and the token "${name}" has ${role}`, {
        field: 'force',
        remedy: 'change the document in Git, or ask an admin',
      });
    for (const document of documents) {
      const handler = this.handlers.of(document.kind);
      if (!handler) continue;
      const operator = { name, now: this.clock.now() };
      const obstacle = await handler.refuseOperator(manager, document.name, operator);
      if (obstacle === null) continue;
      const { message, remedy } = obstacle;
      throw new HubError('Forbidden', `${document.kind}/${document.name}: ${message}`, { remedy });
    }
  }
}
