import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AuditRecorder } from '../platform/audit/audit-recorder.js';
import type { Page } from '../paging/cursor.js';
import { decodeCursor, pageOf } from '../paging/cursor.js';
import type { PageRequest } from '../paging/keyset.js';
import { Clock } from '../platform/clock.js';
import { conflict, notFound } from '../platform/errors/hub-error.js';
import type { Caller } from './access.js';
import type { ApiTokenRow } from './api-token.js';
import { generateApiToken, hashApiToken } from './api-token.js';
import { ApiTokenStore } from './api-token.store.js';
import type { Role } from './domain/role.js';

export interface ApiTokenRequest {
  readonly name: string;
  readonly role: Role;
  readonly ttlSeconds?: number | undefined;
  readonly groups: readonly string[];
  readonly emails: readonly string[];
}

/** Makes and revokes API tokens. */
@Injectable()
export class ApiTokensService {
  constructor(
    private readonly database: DataSource,
    private readonly tokens: ApiTokenStore,
    private readonly audit: AuditRecorder,
    private readonly clock: Clock,
  ) {}

  /** The answer holds the only copy of the token. @throws HubError Conflict */
  async create(request: ApiTokenRequest, caller: Caller): Promise<ApiTokenRow & { readonly token: string }> {
    const now = this.clock.now();
    const { id, token } = generateApiToken();
    const { name, role, ttlSeconds, groups, emails } = request;
    const expiresAt = ttlSeconds === undefined ? null : new Date(now.getTime() + ttlSeconds * 1000);
    const row = { id, name, role, groups, emails, createdBy: caller.name, createdAt: now, expiresAt };
    await this.database.transaction(async (manager) => {
      await this.tokens.lockForWriting(manager);
      if (await this.tokens.isNameTaken(manager, name, now)) {
        throw conflict(`api token "${name}" exists already`, {
          field: 'name',
          remedy: 'choose another name',
        });
      }
      await this.tokens.insert(manager, { ...row, hash: hashApiToken(token) });
      const details = { id, role, groups, emails, expiresAt };
      await this.audit.record(manager, {
        ...actorOf(caller),
        action: 'api-token.created',
        subject: `api-token/${name}`,
        details,
      });
    });
    return { ...row, lastUsedAt: null, token };
  }

  /** Valid tokens, without their secrets. */
  async list(query: PageRequest): Promise<Page<ApiTokenRow>> {
    const [after = ''] = query.cursor === undefined ? [] : decodeCursor(query.cursor, {}, 1);
    const now = this.clock.now();
    const rows = await this.tokens.list(this.database.manager, now, after, query.limit + 1);
    const total = await this.tokens.count(this.database.manager, now);
    return pageOf(rows, { limit: query.limit, total, filters: {}, position: ({ id }) => [id] });
  }

  /** @throws HubError NotFound, or Conflict for the last admin token */
  async revoke(id: string, caller: Caller): Promise<void> {
    const now = this.clock.now();
    await this.database.transaction(async (manager) => {
      await this.tokens.lockForWriting(manager);
      const valid = await this.tokens.listValid(manager, now);
      const token = valid.find((one) => one.id === id);
      if (token === undefined) throw notFound(`api token "${id}" does not exist`);
      if (token.role === 'admin' && !valid.some((one) => one.id !== id && one.role === 'admin')) {
        throw conflict(`api token "${token.name}" is the last admin token`, {
          remedy: 'make another admin token first',
        });
      }
      await this.tokens.revoke(manager, id, now);
      const details = { id, role: token.role };
      await this.audit.record(manager, {
        ...actorOf(caller),
        action: 'api-token.revoked',
        subject: `api-token/${token.name}`,
        details,
      });
    });
  }
}

function actorOf({ name, requestId }: Caller): { readonly actor: string; readonly requestId: string } {
  return { actor: name, requestId };
}
