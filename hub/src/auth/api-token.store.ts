import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ApiTokenRow } from './api-token.js';
import type { Role } from './domain/role.js';

export interface NewApiToken {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly groups: readonly string[];
  readonly emails: readonly string[];
  readonly hash: Buffer;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
}

const columns = `t.id, t.name, t.role, t.groups, t.emails, t.created_by AS "createdBy", t.created_at AS "createdAt",
  t.expires_at AS "expiresAt", t.last_used_at AS "lastUsedAt"`;
const valid = '(t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $1))';

/** The table of API tokens. */
@Injectable()
export class ApiTokenStore {
  /** The token with this hash, if it is neither revoked nor expired. */
  async findByHash(
    manager: EntityManager,
    hash: Buffer,
    now: Date,
  ): Promise<(ApiTokenRow & { readonly hash: Buffer }) | null> {
    const rows: (ApiTokenRow & { hash: Buffer })[] = await manager.query(
      `SELECT ${columns}, t.secret_hash AS hash FROM api_tokens t WHERE t.secret_hash = $2 AND ${valid}`,
      [now, hash],
    );
    return rows[0] ?? null;
  }

  /** Valid tokens after `after` in the order of their ids, and how many there are in all. */
  async list(
    manager: EntityManager,
    now: Date,
    after: string,
    limit: number,
  ): Promise<readonly ApiTokenRow[]> {
    return manager.query(
      `SELECT ${columns} FROM api_tokens t WHERE ${valid} AND t.id > $2 ORDER BY t.id LIMIT $3`,
      [now, after, limit],
    );
  }

  async count(manager: EntityManager, now: Date): Promise<number> {
    const rows: { count: number }[] = await manager.query(
      `SELECT count(*)::int AS count FROM api_tokens t WHERE ${valid}`,
      [now],
    );
    return rows[0]?.count ?? 0;
  }

  /** Whether any token has ever been made. */
  async isEmpty(manager: EntityManager): Promise<boolean> {
    const rows: unknown[] = await manager.query('SELECT 1 FROM api_tokens LIMIT 1');
    return rows.length === 0;
  }

  /** Whether another valid token has this name. */
  async isNameTaken(manager: EntityManager, name: string, now: Date): Promise<boolean> {
    const rows: unknown[] = await manager.query(
      `SELECT 1 FROM api_tokens t WHERE ${valid} AND t.name = $2 LIMIT 1`,
      [now, name],
    );
    return rows.length > 0;
  }

  async insert(manager: EntityManager, token: NewApiToken): Promise<void> {
    await manager.query(
      `INSERT INTO api_tokens (id, name, role, groups, emails, secret_hash, created_by, created_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        token.id,
        token.name,
        token.role,
        token.groups,
        token.emails,
        token.hash,
        token.createdBy,
        token.createdAt,
        token.expiresAt,
      ],
    );
  }

  /** Puts a token in the place of those with the same id or secret, revoked or not. */
  async replace(manager: EntityManager, token: NewApiToken): Promise<void> {
    await manager.query('DELETE FROM api_tokens WHERE id = $1 OR secret_hash = $2', [token.id, token.hash]);
    await this.insert(manager, token);
  }

  async listValid(manager: EntityManager, now: Date): Promise<readonly ApiTokenRow[]> {
    return manager.query(`SELECT ${columns} FROM api_tokens t WHERE ${valid} ORDER BY t.id`, [now]);
  }

  /** Writers of the table take turns until their transactions end, so that what they checked stays true. */
  async lockForWriting(manager: EntityManager): Promise<void> {
    await manager.query('LOCK TABLE api_tokens IN SHARE ROW EXCLUSIVE MODE');
  }

  async revoke(manager: EntityManager, id: string, now: Date): Promise<void> {
    await manager.query('UPDATE api_tokens SET revoked_at = $1 WHERE id = $2', [now, id]);
  }

  /** Notes the use of a token, at most once a minute so that reads stay reads. */
  async touch(manager: EntityManager, id: string, now: Date): Promise<void> {
    await manager.query(
      `UPDATE api_tokens SET last_used_at = $1
       WHERE id = $2 AND (last_used_at IS NULL OR last_used_at < $1::timestamptz - interval '1 minute')`,
      [now, id],
    );
  }
}
