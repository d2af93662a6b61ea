import type { Bind } from '../../paging/sql-conditions.js';
import type { CommitQuery } from '../domain/commit.js';

/** Whether a column of revisions is of the commit; the same decision as `matchesCommit`. */
export function commitSql({ text, digits }: CommitQuery, column: string, bind: Bind): string {
  // No ref name holds a colon: the one before the digest is the only one.
  if (digits !== null) return `strpos(lower(${column}), ${bind(`:${digits}`)}) > 0`;
  const whole = `${column} = ${bind(text)}`;
  return text.includes('@') ? whole : `${whole} OR substring(${column} FROM '@([^@]+)$') = ${bind(text)}`;
}
