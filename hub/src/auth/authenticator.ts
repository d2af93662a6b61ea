import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Clock } from '../platform/clock.js';
import { HubError } from '../platform/errors/hub-error.js';
import type { Principal } from './access.js';
import { hashApiToken, sameHash } from './api-token.js';
import { ApiTokenStore } from './api-token.store.js';
import { FailureLimit } from './domain/failure-limit.js';

/** Tokens seen valid lately; they still work from an address that others have made suspicious. */
const knownTokens = 1_000;
const touchEveryMs = 60_000;

/** Finds out who makes a request. */
@Injectable()
export class Authenticator {
  private readonly failures = new FailureLimit();
  /** Hash of a valid token -> when its use was last noted, oldest first. */
  private readonly seen = new Map<string, number>();

  constructor(
    private readonly database: DataSource,
    private readonly tokens: ApiTokenStore,
    private readonly clock: Clock,
  ) {}

  /** @throws HubError Unauthenticated or TooManyRequests */
  async authenticate(authorization: string | undefined, address: string): Promise<Principal> {
    const token = bearerToken(authorization);
    if (token === null) throw unauthenticated('the request carries no API token');
    const now = this.clock.now();
    const hash = hashApiToken(token);
    const key = hash.toString('base64');
    if (!this.seen.has(key)) this.refuseTooManyFailures(address, now);
    const row = await this.tokens.findByHash(this.database.manager, hash, now);
    if (row === null || !sameHash(row.hash, hash)) {
      this.seen.delete(key);
      this.failures.recordFailure(address, now);
      throw unauthenticated('the API token is not known, has expired or has been revoked');
    }
    await this.noteUse(key, row.id, now);
    return { tokenId: row.id, name: row.name, role: row.role, groups: row.groups, emails: row.emails };
  }

  private refuseTooManyFailures(address: string, now: Date): void {
    const waitMs = this.failures.waitMs(address, now);
    if (waitMs === 0) return;
    throw new HubError('TooManyRequests', 'too many failed attempts to authenticate from this address', {
      remedy: 'check the API token and try again later',
      retryAfterSeconds: Math.ceil(waitMs / 1000),
    });
  }

  private async noteUse(key: string, id: string, now: Date): Promise<void> {
    const noted = this.seen.get(key);
    if (noted !== undefined && now.getTime() - noted < touchEveryMs) return;
    this.seen.delete(key);
    this.seen.set(key, now.getTime());
    for (const oldest of this.seen.keys()) if (this.seen.size > knownTokens) this.seen.delete(oldest);
    await this.tokens.touch(this.database.manager, id, now);
  }
}

function bearerToken(authorization: string | undefined): string | null {
  const match = /^Bearer +([\x21-\x7e]{1,512})$/i.exec(authorization ?? '');
  return match?.[1] ?? null;
}

function unauthenticated(message: string): HubError {
  return new HubError('Unauthenticated', message, {
    remedy: 'send "Authorization: Bearer <API token>"; flotilla login stores one',
  });
}
