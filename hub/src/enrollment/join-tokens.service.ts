import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Clock } from '../platform/clock.js';
import { notFound } from '../platform/errors/hub-error.js';
import { CertificateAuthority } from './certificate-authority.js';
import { formatJoinToken } from './domain/join-token.js';
import type { JoinToken } from './domain/join-token.js';
import { JoinTokenStore } from './join-token.store.js';

export interface NewJoinToken {
  readonly ttlMs: number;
  readonly uses: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly clusterName: string | null;
  readonly createdBy: string;
}

/** sha256 is enough for a secret of 256 random bits. */
export function hashJoinSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** Join tokens for admins. Every method runs in the transaction of its caller, which audits it there. */
@Injectable()
export class JoinTokensService {
  constructor(
    private readonly tokens: JoinTokenStore,
    private readonly authority: CertificateAuthority,
    private readonly clock: Clock,
  ) {}

  /** Makes a token; its text is given here and never again. */
  async create(
    manager: EntityManager,
    wanted: NewJoinToken,
  ): Promise<JoinToken & { readonly token: string }> {
    const now = this.clock.now();
    const secret = randomBytes(32).toString('hex');
    const token: JoinToken = {
      id: randomBytes(6).toString('hex'),
      labels: wanted.labels,
      clusterName: wanted.clusterName,
      uses: wanted.uses,
      used: 0,
      createdBy: wanted.createdBy,
      createdAt: now,
      expiresAt: new Date(now.getTime() + wanted.ttlMs),
    };
    await this.tokens.insert(manager, token, hashJoinSecret(secret));
    return { ...token, token: formatJoinToken(token.id, secret, this.authority.pin) };
  }

  /** Newest first. */
  async list(manager: EntityManager): Promise<readonly JoinToken[]> {
    return this.tokens.list(manager);
  }

  /** Clusters that enrolled with it stay. @throws HubError NotFound */
  async remove(manager: EntityManager, id: string): Promise<void> {
    if (await this.tokens.remove(manager, id)) return;
    throw notFound(`join token "${id}" does not exist`, {
      remedy: 'flotilla token list --join shows the known ones',
    });
  }
}
