import { lostAfterMs, staleAfterMs } from '../domain/freshness.js';

/** The freshness of a confirmation time as SQL; the same decision as `freshnessOf`. `now` is a placeholder. */
export function freshnessSql(column: string, now: string): string {
  const age = (milliseconds: number) => `${now}::timestamptz - interval '${milliseconds} milliseconds'`;
  return `CASE WHEN ${column} IS NULL OR ${column} <= ${age(lostAfterMs)} THEN 'Lost'
    WHEN ${column} <= ${age(staleAfterMs)} THEN 'Stale' ELSE 'Live' END`;
}

/** Whether a confirmation is live, in a form that an index could serve. */
export function isLiveSql(column: string, now: string): string {
  return `coalesce(${column} > ${now}::timestamptz - interval '${staleAfterMs} milliseconds', false)`;
}
