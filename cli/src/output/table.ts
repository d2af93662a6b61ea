import type { Paint, Tone } from './paint.js';

/** One cell: a text, or a text with a tone. */
export type Cell = string | { readonly text: string; readonly tone: Tone };

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

export interface TableOptions {
  readonly header: boolean;
  readonly paint: Paint;
  /** Longer lines are cut. Default: they are not. */
  readonly maxWidth?: number;
  /** Columns are at least so wide, and tell here how wide they have become. */
  readonly widths?: number[];
}

const gap = '   ';

/** Lines of a table, columns aligned, without blanks at the end of a line. */
export function tableLines({ columns, rows }: Table, options: TableOptions): string[] {
  const all: (readonly Cell[])[] = options.header ? [columns, ...rows] : [...rows];
  const widths = columns.map((_, column) =>
    all.reduce((most, row) => Math.max(most, widthOf(row[column])), options.widths?.[column] ?? 0),
  );
  options.widths?.splice(0, columns.length, ...widths);
  return all.map((row, index) => line(row, widths, options, options.header && index === 0));
}

/** The same as one text. */
export function renderTable(table: Table, options: TableOptions): string {
  return tableLines(table, options)
    .map((text) => `${text}\n`)
    .join('');
}

function line(row: readonly Cell[], widths: readonly number[], options: TableOptions, head: boolean): string {
  const { paint, maxWidth = Number.POSITIVE_INFINITY } = options;
  let out = '';
  let left = maxWidth;
  const last = lastFilled(row);
  for (const [column, cell] of row.entries()) {
    if (column > last || left <= 0) break;
    const text = cut(plain(textOf(cell)), left);
    const tone = head ? 'strong' : toneOf(cell);
    const pad = column === last ? '' : ' '.repeat(Math.max(0, (widths[column] ?? 0) - width(text))) + gap;
    out += paint(tone, text) + pad;
    left -= width(text) + pad.length;
  }
  return out;
}

function lastFilled(row: readonly Cell[]): number {
  return row.findLastIndex((cell) => textOf(cell) !== '');
}

const textOf = (cell: Cell | undefined): string => (typeof cell === 'object' ? cell.text : (cell ?? ''));
const toneOf = (cell: Cell): Tone => (typeof cell === 'object' ? cell.tone : 'plain');
const widthOf = (cell: Cell | undefined): number => width(plain(textOf(cell)));
const width = (text: string): number => Array.from(text).length;

/** A text of at most so many characters; `…` stands for what is missing. */
export function cut(text: string, most: number): string {
  return width(text) <= most
    ? text
    : `${Array.from(text)
        .slice(0, Math.max(0, most - 1))
        .join('')}…`;
}

/** Characters that turn the direction of a line, so that it reads otherwise than it is. */
const turningPoints = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * A text on one line and without control characters: what clusters report must not steer the terminal of the person who
 * reads it.
 */
export function plain(text: string): string {
  return text
    .replace(turningPoints, '')
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim();
}
