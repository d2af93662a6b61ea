import type { HubClient, Page } from '../hub/hub-client.js';
import type { StreamTopic } from '../hub/listen.js';
import type { OutputFormat } from '../output/print-data.js';
import { isData, printData, printDocument, printTable } from '../output/print-data.js';
import { hint } from '../output/progress.js';
import type { Cell } from '../output/table.js';
import type { Runtime } from '../runtime.js';

/** How a list of the hub is shown. */
export interface FleetView<T> {
  readonly hub: HubClient;
  readonly list: () => Promise<Page<T>>;
  readonly columns: readonly string[];
  readonly cells: (item: T, now: Date) => readonly Cell[];
  /** Names an item among the others. */
  readonly keyOf: (item: T) => string;
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
  const now = view.hub.now(runtime.now());
  printTable(
    runtime,
    { columns: view.columns, rows: page.items.map((item) => view.cells(item, now)) },
    options.header,
  );
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
      show: ({ items }, note) => {
        const now = hub.now(runtime.now());
        const rows = items.map((item) => ({
          key: view.keyOf(item),
          cells: view.cells(item, now),
          state: stateOf(item),
        }));
        table.show(rows, note);
      },
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
