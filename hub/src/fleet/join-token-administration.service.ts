import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Caller } from '../auth/access.js';
import type { JoinToken } from '../enrollment/domain/join-token.js';
import { JoinTokensService } from '../enrollment/join-tokens.service.js';
import { AuditRecorder } from '../platform/audit/audit-recorder.js';

export interface JoinTokenWish {
  readonly ttlSeconds: number;
  readonly uses: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly clusterName?: string | undefined;
}

/** What admins do to join tokens: each in one transaction with its audit record. */
@Injectable()
export class JoinTokenAdministration {
  constructor(
    private readonly database: DataSource,
    private readonly tokens: JoinTokensService,
    private readonly audit: AuditRecorder,
  ) {}

  /** The answer holds the only copy of the token. */
  async create(wish: JoinTokenWish, caller: Caller): Promise<JoinToken & { readonly token: string }> {
    const { ttlSeconds, uses, labels, clusterName = null } = wish;
    const { name: actor, requestId } = caller;
    return this.database.transaction(async (manager) => {
      const wanted = { ttlMs: ttlSeconds * 1000, uses, labels, clusterName, createdBy: actor };
      const token = await this.tokens.create(manager, wanted);
      const details = { uses, labels, clusterName, expiresAt: token.expiresAt };
      const subject = `join-token/${token.id}`;
      await this.audit.record(manager, { actor, requestId, action: 'join-token.created', subject, details });
      return token;
    });
  }

  /** Clusters that enrolled with it stay. @throws HubError NotFound */
  async remove(id: string, { name: actor, requestId }: Caller): Promise<void> {
    await this.database.transaction(async (manager) => {
      await this.tokens.remove(manager, id);
      const subject = `join-token/${id}`;
      await this.audit.record(manager, { actor, requestId, action: 'join-token.deleted', subject });
    });
  }
}
