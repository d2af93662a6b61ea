import type { KubeClient } from '@flotilla/agent/kube/client';
import type { KubeObject } from '@flotilla/common/kube/object';
import type { OutputFormat } from '../output/print-data.js';
import { isData, printData, printDocument, printTable } from '../output/print-data.js';
import { failed } from '../output/progress.js';
import type { Runtime } from '../runtime.js';
import type { FluxKind } from './kinds.js';
import type { ListFilter } from './list-objects.js';
import { inNamespace, listObjects } from './list-objects.js';
import type { RowOptions } from './object-rows.js';
import { liveRow, objectColumns, objectTable } from './object-rows.js';
import { watchObjects } from './watch-objects.js';

export interface ShowObjectsOptions {
  readonly kinds: readonly FluxKind[];
  readonly filter: ListFilter;
  readonly rows: RowOptions;
  readonly output: OutputFormat;
  readonly header: boolean;
  readonly watch: boolean;
}

/** Prints objects of one cluster, a table a kind (flux-compat 9.3), once or with their changes. */
export async function showClusterObjects(
  runtime: Runtime,
  client: KubeClient,
  options: ShowObjectsOptions,
): Promise<void> {
  if (options.watch) return watchClusterObjects(runtime, client, options);
  const { kinds, filter, output } = options;
  const lists = await Promise.all(
    kinds.map(async (kind) => ({
      kind,
      objects: (await listObjects(client, kind, filter, runtime.signal)).items,
    })),
  );
  if (isData(output))
    return printObjects(
      runtime,
      output,
      filter,
      lists.flatMap(({ objects }) => objects),
    );
  const found = lists.filter(({ objects }) => objects.length > 0);
  for (const [index, { kind, objects }] of found.entries()) {
    if (index > 0) runtime.terminal.out('\n');
    printTable(runtime, objectTable(kind, objects, options.rows), options.header);
  }
  if (found.length === 0)
    failed(
      runtime,
      `no ${kinds.map(({ kind }) => kind).join(' or ')} objects found in ${inNamespace(filter.namespace)} namespace`,
    );
}

/** A named object by itself, else a list as the API server would give it. */
async function printObjects(
  runtime: Runtime,
  output: 'json' | 'yaml',
  { name }: ListFilter,
  objects: readonly KubeObject[],
): Promise<void> {
  const shown =
    name !== undefined && objects.length === 1
      ? objects[0]
      : { apiVersion: 'v1', kind: 'List', items: objects };
  await printData(runtime, output, shown);
}

async function watchClusterObjects(
  runtime: Runtime,
  client: KubeClient,
  { kinds, filter, rows, output, header }: ShowObjectsOptions,
): Promise<void> {
  const known = new Map<FluxKind, readonly KubeObject[]>();
  const notes = new Map<FluxKind, string>();
  const view = isData(output)
    ? documentView(runtime, output)
    : await tableView(runtime, columnsOf(kinds, rows), rows, header);
  try {
    await Promise.all(
      kinds.map((kind) =>
        watchObjects(client, kind, filter, runtime.signal, ({ objects, note }) => {
          known.set(kind, objects);
          notes.set(kind, note);
          view.show(
            kinds.flatMap((one) => (known.get(one) ?? []).map((object) => ({ kind: one, object }))),
            [...notes.values()].find(Boolean) ?? '',
          );
        }),
      ),
    );
  } finally {
    await view.close();
  }
}

/** Kinds of one table have the columns of the one that has most. */
function columnsOf(kinds: readonly FluxKind[], rows: RowOptions): string[] {
  const all = kinds.map((kind) => objectColumns(kind, rows));
  return all.reduce((most, columns) => (columns.length > most.length ? columns : most), []);
}

interface Shown {
  readonly kind: FluxKind;
  readonly object: KubeObject;
}

interface ObjectsView {
  show(objects: readonly Shown[], note: string): void;
  close(): Promise<void>;
}

async function tableView(
  runtime: Runtime,
  columns: readonly string[],
  rows: RowOptions,
  header: boolean,
): Promise<ObjectsView> {
  const { createLiveTable } = await import('../output/live-table.js');
  const table = createLiveTable(runtime, columns, header);
  const showSource = columns.includes('SOURCE');
  return {
    show: (objects, note) =>
      table.show(
        objects.map(({ kind, object }) => liveRow(kind, object, { ...rows, sourceColumn: showSource })),
        note,
      ),
    close: async () => table.close(),
  };
}

function documentView(runtime: Runtime, output: 'json' | 'yaml'): ObjectsView {
  const versions = new Map<string, string>();
  let printing: Promise<void> = Promise.resolve();
  return {
    show(objects) {
      for (const { object } of objects) {
        const { uid = '', resourceVersion = '' } = object.metadata;
        if (versions.get(uid) === resourceVersion) continue;
        versions.set(uid, resourceVersion);
        printing = printing.then(() => printDocument(runtime, output, object));
      }
    },
    close: () => printing,
  };
}
