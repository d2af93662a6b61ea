import type { Bind } from '../../paging/sql-conditions.js';
import type { CommitQuery } from '../domain/commit.js';

/** Whether a column of revisions is of the commit; the same decision as `matchesCommit`. */
export function commitSql({ text, digits }: CommitQuery, column: string, bind: Bind): string {
  if (digits !== null) return `substring(lower(${column}) FROM ':([0-9a-f]+)$') LIKE ${bind(`${digits}%`)}`;
  const whole = `${column} = ${bind(text)}`;
  return text.includes('@') ? whole : `${whole} OR substring(${column} FROM '@([^@]+)$') = ${bind(text)}`;
}
