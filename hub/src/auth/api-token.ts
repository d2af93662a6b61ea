import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Role } from './domain/role.js';

/** A token as it is kept: never the secret itself. */
export interface ApiTokenRow {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** Which groups the person belongs to, for quotas of approvals. */
  readonly groups: readonly string[];
  /** Lower case; whose commits are the person's own. */
  readonly emails: readonly string[];
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
}

const idAlphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** Id and text of a new API token. The id is public: it tells which token a text is, in lists and leaks. */
export function generateApiToken(): { readonly id: string; readonly token: string } {
  const id = Array.from(randomBytes(12), (byte) => idAlphabet[byte % idAlphabet.length]).join('');
  return { id, token: `flt_${id}_${randomBytes(32).toString('base64url')}` };
}

/** A token is 256 random bits, so a plain hash of it cannot be turned back. */
export function hashApiToken(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest();
}

/** Compares hashes in constant time. */
export function sameHash(left: Buffer, right: Buffer): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}
