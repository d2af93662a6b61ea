import { createHash } from 'node:crypto';
import { unusablePart } from '../openapi/unusable-input.js';
import { invalid } from '../platform/errors/hub-error.js';

/** One page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
  readonly total: number;
}

/** The sort key of the last row of a page; the next page begins after it. */
export type KeysetPosition = readonly string[];

/** Makes a cursor; it remembers the filters it belongs to. */
export function encodeCursor(position: KeysetPosition, filters: unknown): string {
  return Buffer.from(JSON.stringify([fingerprint(filters), ...position]), 'utf8').toString('base64url');
}

/** @throws HubError Invalid when the text is no cursor of a list with these filters and `parts` sort columns */
export function decodeCursor(cursor: string, filters: unknown, parts: number): KeysetPosition {
  const [print, ...position] = readParts(cursor);
  if (position.length !== parts || print === undefined) throw strangeCursor();
  if (print !== fingerprint(filters)) throw wrongCursor('it was made with other filters');
  return position;
}

/** Cuts the row that was read beyond the limit, and makes the cursor from the last one that is shown. */
export function pageOf<Row>(
  rows: readonly Row[],
  options: {
    readonly limit: number;
    readonly total: number;
    readonly filters: unknown;
    readonly position: (row: Row) => KeysetPosition;
  },
): Page<Row> {
  const items = rows.slice(0, options.limit);
  const last = items.at(-1);
  const more = rows.length > options.limit && last !== undefined;
  return {
    items,
    nextCursor: more ? encodeCursor(options.position(last), options.filters) : null,
    total: options.total,
  };
}

function readParts(cursor: string): readonly string[] {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    const isPosition = Array.isArray(parsed) && parsed.every((part) => typeof part === 'string');
    return isPosition && unusablePart(parsed) === undefined ? parsed : [];
  } catch {
    return [];
  }
}

function fingerprint(filters: unknown): string {
  return createHash('sha256').update(JSON.stringify(filters)).digest('base64url').slice(0, 12);
}

/** Somebody has made the cursor, or changed it. */
export function strangeCursor(): Error {
  return wrongCursor('it is no cursor of this list');
}

function wrongCursor(why: string): Error {
  return invalid('cursor', `the cursor cannot be used: ${why}`, { remedy: 'begin again without a cursor' });
}
