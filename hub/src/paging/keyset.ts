import type { DataSource } from 'typeorm';
import { decodeCursor, pageOf } from './cursor.js';
import type { KeysetPosition, Page } from './cursor.js';
import type { SqlConditions } from './sql-conditions.js';

/** Which page of a list is wanted. Whatever else a request has are filters, and a cursor belongs to them. */
export interface PageRequest {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** What a list is sorted by: where a row stands, and what comes after. */
export interface Keyset<Row> {
  /** How many texts a position has. */
  readonly parts: number;
  readonly positionOf: (row: Row) => KeysetPosition;
  /** Lets only the rows pass that come after the position. */
  readonly addAfter: (where: SqlConditions, position: KeysetPosition) => void;
}

/** A list as SQL. */
export interface KeysetList<Row> {
  /** The tables that `where` speaks of, e.g. `plans p`. */
  readonly from: string;
  /** What the filters ask for. */
  readonly where: SqlConditions;
  readonly key: Keyset<Row>;
  /** At most so many rows in the order of the key. */
  readonly read: (where: SqlConditions, limit: number) => Promise<readonly Row[]>;
}

/** Sorted by ids from the newest to the oldest; `column` as in the query, e.g. `p.id`. */
export function newestFirst(column: string): Keyset<{ readonly id: string }> {
  return {
    parts: 1,
    positionOf: ({ id }) => [id],
    addAfter: (where, [id]) => where.add((bind) => `${column} < ${bind(id)}`),
  };
}

/** Sorted by names; `column` as in the query, e.g. `c.name`. */
export function byName(column: string): Keyset<{ readonly name: string }> {
  return {
    parts: 1,
    positionOf: ({ name }) => [name],
    addAfter: (where, [name]) => where.add((bind) => `${column} > ${bind(name)}`),
  };
}

/**
 * Reads one page of a list, and counts the whole of it. The place where the page begins is added to `where`.
 * @throws HubError Invalid when the cursor is not of this list
 */
export async function readPage<Row>(
  database: Pick<DataSource, 'query'>,
  { limit, cursor, ...filters }: PageRequest,
  { from, where, key, read }: KeysetList<Row>,
): Promise<Page<Row>> {
  const counted: { total: number }[] = await database.query(
    `SELECT count(*)::int AS total FROM ${from} ${where.sql}`,
    where.values,
  );
  if (cursor !== undefined) key.addAfter(where, decodeCursor(cursor, filters, key.parts));
  const rows = await read(where, limit + 1);
  return pageOf(rows, { limit, total: counted[0]?.total ?? 0, filters, position: key.positionOf });
}
