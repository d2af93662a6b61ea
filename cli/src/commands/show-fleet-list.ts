import type { HubClient } from '../hub/hub-client.js';
import type { Page } from '../hub/hub-requests.js';
import type { StreamTopic } from '../hub/listen.js';
import type { OutputFormat } from '../output/print-data.js';
import { isData, printData, printDocument, printTable } from '../output/print-data.js';
import type { LiveRow } from '../output/live-table.js';
import { hint } from '../output/progress.js';
import { shortIds } from '../output/short-ids.js';
import type { Cell } from '../output/table.js';
import type { Runtime } from '../runtime.js';

/** How a list of the hub is shown. */
export interface FleetView<T> {
  readonly hub: HubClient;
  readonly list: () => Promise<Page<T>>;
  readonly columns: readonly string[];
  /** The row of an item, or its rows; `key` is its key as it is to be shown. */
  readonly cells: (item: T, now: Date, key: string) => readonly Cell[] | readonly (readonly Cell[])[];
  /** Names an item among the others. */
  readonly keyOf: (item: T) => string;
  /** Keys are long ids: people at a terminal get a beginning that is enough. */
  readonly longKeys?: boolean;
  /** What the list is made of; for --watch. */
  readonly topics: readonly StreamTopic[];
  /** Said on stderr when there is nothing. */
  readonly empty: string;
}

export interface ShowOptions {
  readonly output: OutputFormat;
  readonly header: boolean;
  readonly watch?: boolean;
}

/** Prints a list of the hub, once or with its changes. */
export async function showFleetList<T>(
  runtime: Runtime,
  view: FleetView<T>,
  options: ShowOptions,
): Promise<void> {
  if (options.watch) return watchFleetList(runtime, view, options);
  const page = await view.list();
  if (isData(options.output)) return printData(runtime, options.output, page);
  if (page.items.length === 0) return hint(runtime, view.empty);
  const rows = rowsOf(runtime, view, page.items).map(({ cells }) => cells);
  printTable(runtime, { columns: view.columns, rows }, options.header);
}

/** One row an item, or several; scripts get whole keys. */
function rowsOf<T>(runtime: Runtime, view: FleetView<T>, items: readonly T[]): LiveRow[] {
  const { hub, keyOf, cells, longKeys = false } = view;
  const now = hub.now(runtime.now());
  const shorten = longKeys && runtime.terminal.outIsTerminal ? shortIds(items.map(keyOf)) : String;
  return items.flatMap((item) => {
    const key = keyOf(item);
    const state = stateOf(item);
    return asRows(cells(item, now, shorten(key))).map((row, index) => ({
      key: index === 0 ? key : `${key} ${index}`,
      cells: row,
      state,
    }));
  });
}

function asRows(cells: ReturnType<FleetView<unknown>['cells']>): readonly (readonly Cell[])[] {
  const isRows = (value: typeof cells): value is readonly (readonly Cell[])[] =>
    value.length === 0 || Array.isArray(value[0]);
  return isRows(cells) ? cells : [cells];
}

async function watchFleetList<T>(runtime: Runtime, view: FleetView<T>, options: ShowOptions): Promise<void> {
  const { watchList } = await import('../hub/watch-list.js');
  const { hub, list, topics } = view;
  const { output } = options;
  const watched = { hub, list, topics, signal: runtime.signal };
  if (isData(output)) {
    const changed = changesOf(view);
    let printing: Promise<void> = Promise.resolve();
    await watchList({
      ...watched,
      show: ({ items }) => {
        for (const item of changed(items))
          printing = printing.then(() => printDocument(runtime, output, item));
      },
    });
    return printing;
  }
  const { createLiveTable } = await import('../output/live-table.js');
  const table = createLiveTable(runtime, view.columns, options.header);
  try {
    await watchList({
      ...watched,
      show: ({ items }, note) => table.show(rowsOf(runtime, view, items), note),
    });
  } finally {
    table.close();
  }
}

/** Gives of each list the items that are new or differ from the list before. */
function changesOf<T>({ keyOf }: FleetView<T>): (items: readonly T[]) => T[] {
  const states = new Map<string, string>();
  return (items) =>
    items.filter((item) => {
      const state = stateOf(item);
      const isNew = states.get(keyOf(item)) !== state;
      states.set(keyOf(item), state);
      return isNew;
    });
}

/** What counts as a change; that a thing was seen again does not. */
function stateOf(item: unknown): string {
  return JSON.stringify(item, (key, value: unknown) =>
    key === 'observedAt' || key === 'lastUsedAt'
      ? undefined
      : typeof value === 'bigint'
        ? `${value}n`
        : value,
  );
}
