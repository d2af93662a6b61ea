import type { Runtime } from '../runtime.js';
import { failed } from './progress.js';
import type { Cell } from './table.js';
import { cut, plain, renderTable, tableLines } from './table.js';
import type { Paint } from './paint.js';

/** One row of a table that changes. */
export interface LiveRow {
  /** Names the row. */
  readonly key: string;
  readonly cells: readonly Cell[];
  /** What counts as a change; ages do not. */
  readonly state: string;
}

export interface LiveTable {
  /** Shows the rows as they are now, with a line about the view itself, e.g. that the hub is away. */
  show(rows: readonly LiveRow[], note: string): void;
  close(): void;
}

/** Redraws a terminal; anything else gets one line for each row that changed. */
export function createLiveTable(runtime: Runtime, columns: readonly string[], header: boolean): LiveTable {
  return runtime.terminal.outIsTerminal
    ? redrawnTable(runtime, columns, header)
    : printedTable(runtime, columns, header);
}

const enterScreen = '\u001b[?1049h\u001b[?25l';
const leaveScreen = '\u001b[?25h\u001b[?1049l';
/** Drawn over what is there, so that nothing flickers: each line ends by clearing its rest, the last one all below. */
const home = '\u001b[H';
const clearLine = '\u001b[K';
const clearBelow = '\u001b[J';

function redrawnTable({ terminal }: Runtime, columns: readonly string[], header: boolean): LiveTable {
  let last: string[] = [];
  terminal.out(enterScreen);
  return {
    show(rows, note) {
      const size = terminal.size();
      const table = { columns, rows: rows.map((row) => row.cells) };
      last = tableLines(table, { header, paint: terminal.paintOut });
      const maxWidth = size.columns - 1;
      // What may be old has no colours that say it is fine.
      const paint: Paint = note ? (_tone, text) => terminal.paintOut('faint', text) : terminal.paintOut;
      const lines = tableLines(table, { header, paint, maxWidth });
      const shown = fitted(
        lines,
        note && terminal.paintOut('warning', cut(plain(note), maxWidth)),
        size.rows,
      );
      terminal.out(home + shown.join(`${clearLine}\n`) + clearLine + clearBelow);
    },
    close() {
      // What was there last stays on the normal screen.
      terminal.out(`${leaveScreen}${last.map((line) => `${line}\n`).join('')}`);
    },
  };
}

/** As many lines as fit; the last one tells what does not. */
export function fitted(lines: readonly string[], note: string, rows: number): string[] {
  const room = Math.max(1, rows - 1 - (note ? 1 : 0));
  const shown =
    lines.length <= room
      ? [...lines]
      : [...lines.slice(0, room - 1), `… and ${lines.length - room + 1} more rows`];
  return note ? [...shown, note] : shown;
}

function printedTable(runtime: Runtime, columns: readonly string[], header: boolean): LiveTable {
  const states = new Map<string, string>();
  // Later rows stay below the earlier ones as far as they fit.
  const widths: number[] = [];
  let headed = !header;
  let noted = '';
  return {
    show(rows, note) {
      if (note && note !== noted) failed(runtime, note);
      noted = note;
      const changed = rows.filter((row) => states.get(row.key) !== row.state);
      const gone = new Set(states.keys());
      for (const row of rows) {
        gone.delete(row.key);
        states.set(row.key, row.state);
      }
      for (const key of gone) {
        states.delete(key);
        failed(runtime, `${key} is gone`);
      }
      if (changed.length === 0) return;
      const table = { columns, rows: changed.map((row) => row.cells) };
      const { paintOut: paint } = runtime.terminal;
      runtime.terminal.out(renderTable(table, { header: !headed, paint, widths }));
      headed = true;
    },
    close() {},
  };
}
