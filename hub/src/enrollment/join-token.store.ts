import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { JoinToken } from './domain/join-token.js';

/** One key that used a token for a cluster. */
export interface JoinTokenUse {
  readonly tokenId: string;
  readonly clusterId: string;
  readonly keyHash: Buffer;
}

const columns = `join_tokens.id, join_tokens.labels, join_tokens.cluster_name AS "clusterName", join_tokens.uses,
  join_tokens.used, join_tokens.created_by AS "createdBy", join_tokens.created_at AS "createdAt",
  join_tokens.expires_at AS "expiresAt"`;

/** The rows of `join_tokens` and `join_token_uses`. */
@Injectable()
export class JoinTokenStore {
  async insert(manager: EntityManager, token: JoinToken, secretHash: Buffer): Promise<void> {
    await manager.query(
      `INSERT INTO join_tokens (id, secret_hash, labels, cluster_name, uses, used, created_by, created_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        token.id,
        secretHash,
        JSON.stringify(token.labels),
        token.clusterName,
        token.uses,
        token.used,
        token.createdBy,
        token.createdAt,
        token.expiresAt,
      ],
    );
  }

  /** Newest first. */
  async list(manager: EntityManager): Promise<readonly JoinToken[]> {
    return manager.query<JoinToken[]>(
      `SELECT ${columns} FROM join_tokens ORDER BY join_tokens.created_at DESC, join_tokens.id`,
    );
  }

  /** The token, locked until the transaction ends: two enrolments cannot use up the same last use. */
  async lock(
    manager: EntityManager,
    id: string,
  ): Promise<(JoinToken & { readonly secretHash: Buffer }) | null> {
    const rows = await manager.query<(JoinToken & { secretHash: Buffer })[]>(
      `SELECT ${columns}, join_tokens.secret_hash AS "secretHash" FROM join_tokens WHERE join_tokens.id = $1 FOR UPDATE`,
      [id],
    );
    return rows[0] ?? null;
  }

  async wasUsed(manager: EntityManager, { tokenId, clusterId, keyHash }: JoinTokenUse): Promise<boolean> {
    const rows = await manager.query<unknown[]>(
      `SELECT 1 FROM join_token_uses WHERE join_token_uses.token_id = $1 AND join_token_uses.cluster_id = $2
         AND join_token_uses.key_hash = $3`,
      [tokenId, clusterId, keyHash],
    );
    return rows.length > 0;
  }

  async use(manager: EntityManager, { tokenId, clusterId, keyHash }: JoinTokenUse, at: Date): Promise<void> {
    await manager.query('UPDATE join_tokens SET used = used + 1 WHERE join_tokens.id = $1', [tokenId]);
    await manager.query(
      `INSERT INTO join_token_uses (token_id, cluster_id, key_hash, used_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (token_id, cluster_id, key_hash) DO UPDATE SET used_at = excluded.used_at`,
      [tokenId, clusterId, keyHash, at],
    );
  }

  /** False when there was none. */
  async remove(manager: EntityManager, id: string): Promise<boolean> {
    const rows = await manager.query<[unknown[], number]>(
      'DELETE FROM join_tokens WHERE join_tokens.id = $1',
      [id],
    );
    return rows[1] > 0;
  }

  async removeExpired(manager: EntityManager, before: Date): Promise<void> {
    await manager.query('DELETE FROM join_tokens WHERE join_tokens.expires_at < $1', [before]);
  }
}
