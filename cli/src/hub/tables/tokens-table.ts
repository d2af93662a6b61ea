import { ago, formatAge } from '../../output/age.js';
import type { Table } from '../../output/table.js';
import type { ApiToken, JoinToken } from '../schema.js';
import { labelsText } from './labels-text.js';

/** API tokens; their secrets are known to nobody. */
export function apiTokensTable(tokens: readonly ApiToken[], now: Date): Table {
  return {
    columns: ['ID', 'NAME', 'ROLE', 'GROUPS', 'EMAILS', 'CREATED', 'BY', 'EXPIRES', 'LAST USED'],
    rows: tokens.map((token) => [
      token.id,
      token.name,
      token.role,
      token.groups?.join(',') || '-',
      token.emails?.join(',') || '-',
      ago(token.createdAt, now),
      token.createdBy,
      expiry(token.expiresAt, now),
      ago(token.lastUsedAt, now),
    ]),
  };
}

/** Join tokens; their secrets are known to nobody. */
export function joinTokensTable(tokens: readonly JoinToken[], now: Date): Table {
  return {
    columns: ['ID', 'CLUSTER', 'LABELS', 'USED', 'CREATED', 'BY', 'EXPIRES'],
    rows: tokens.map((token) => [
      token.id,
      token.clusterName ?? 'any',
      labelsText(token.labels),
      `${token.used}/${token.uses}`,
      ago(token.createdAt, now),
      token.createdBy,
      expiry(token.expiresAt, now),
    ]),
  };
}

function expiry(time: string | null, now: Date): string {
  if (time === null) return 'never';
  const left = Date.parse(time) - now.getTime();
  return left > 0 ? `in ${formatAge(left)}` : 'expired';
}
