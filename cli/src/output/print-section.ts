import type { Runtime } from '../runtime.js';
import { printTable } from './print-data.js';
import type { Cell, Table } from './table.js';

/** Names and values, one a line, with the values below each other. */
export function printFacts(runtime: Runtime, facts: readonly (readonly Cell[])[]): void {
  printTable(runtime, { columns: ['', ''], rows: facts }, false);
}

/** A table below a title; nothing when it has no rows. */
export function printSection(runtime: Runtime, title: string, table: Table, header = true): void {
  if (table.rows.length === 0) return;
  runtime.terminal.out(`\n${runtime.terminal.paintOut('strong', `${title}:`)}\n`);
  printTable(runtime, table, header);
}
