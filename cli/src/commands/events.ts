import type { Command } from 'commander';
import { kindNamed } from '../cluster/kinds.js';
import type { HubClient } from '../hub/hub-client.js';
import { openHub } from '../hub/open-hub.js';
import type { FleetEvent } from '../hub/schema.js';
import { eventColumns, eventCells, eventsTable } from '../hub/tables/events-table.js';
import type { GlobalOptions } from '../options/global-options.js';
import type { TableOptions, WatchOptions } from '../options/output-options.js';
import { withTable, withWatch } from '../options/output-options.js';
import { collect, parseSince, wholeNumber, wordsOf } from '../options/parsers.js';
import { isData, printData, printDocument, printTable } from '../output/print-data.js';
import { failed, hint, success } from '../output/progress.js';
import { renderTable } from '../output/table.js';
import type { Runtime } from '../runtime.js';

const severities = ['info', 'error'] as const;

interface EventsOptions extends GlobalOptions, TableOptions, WatchOptions {
  readonly cluster?: readonly string[];
  readonly kind?: readonly string[];
  readonly name?: readonly string[];
  readonly severity?: readonly string[];
  readonly since?: string;
  readonly limit: number;
}

/** `events`. */
export function addEvents(program: Command, runtime: Runtime): void {
  const command = program
    .command('events')
    .description('Events of all clusters of the fleet, the newest at the end')
    .addHelpText(
      'after',
      '\n  flotilla events --cluster prod --since 1h\n  flotilla events --severity error --watch',
    )
    .option('--cluster <names>', 'clusters, several between commas', collect)
    .option('--kind <kinds>', 'kinds of the objects, e.g. Kustomization or ks', collect)
    .option('--name <names>', 'names of the objects', collect)
    .option('--severity <words>', `any of ${severities.join(', ')}`, wordsOf(severities))
    .option('--since <time>', 'how far back: a duration such as 1h or 2d, or a time', (text) =>
      parseSince(text, runtime.now()),
    )
    .option('--limit <number>', 'how many at most, the newest', wholeNumber(1, 100_000), 100);
  withWatch(withTable(command)).action(async (_options, leaf: Command) =>
    events(runtime, leaf.optsWithGlobals()),
  );
}

async function events(runtime: Runtime, options: EventsOptions): Promise<void> {
  const hub = await openHub(runtime, options);
  if (options.watch) return watchEvents(runtime, hub, options);
  const page = await newestEvents(hub, options);
  if (isData(options.output)) return printData(runtime, options.output, page);
  if (page.items.length === 0) return hint(runtime, 'no events pass the filters');
  const now = hub.now(runtime.now());
  printTable(runtime, eventsTable(page.items.toReversed(), now), options.header);
  if (page.total > page.items.length)
    hint(runtime, `the newest ${page.items.length} of ${page.total}; --limit shows more`);
}

function newestEvents(hub: HubClient, options: EventsOptions): ReturnType<HubClient['events']> {
  const { cluster, name, namespace, severity, since, limit } = options;
  const kind = options.kind?.map(kindNamed);
  return hub.events({ cluster, kind, namespace, name, severity, since }, limit);
}

/** Prints what there is, then what comes. After a gap in the stream the list tells what was missed. */
async function watchEvents(runtime: Runtime, hub: HubClient, options: EventsOptions): Promise<void> {
  const { listen } = await import('../hub/listen.js');
  const print = eventPrinter(runtime, options);
  const catchUp = async () => {
    const { items } = await newestEvents(hub, options);
    for (const event of items.toReversed()) await print(event);
  };
  let isLost = false;
  for await (const news of listen(hub.http, ['events'], runtime.signal)) {
    if (news.type === 'lost') {
      if (!isLost) failed(runtime, news.error.message);
      isLost = true;
      continue;
    }
    if (isLost) success(runtime, 'the hub is back');
    isLost = false;
    if (news.type === 'opened' ? !news.resumed : news.name === 'reset') await catchUp();
    else if (news.type === 'event' && news.name === 'event') {
      const event = news.data as FleetEvent;
      if (passes(event, options)) await print(event);
    }
  }
}

const mostRemembered = 20_000;

/** Prints each event once, although the list and the stream may both tell it. */
function eventPrinter(
  runtime: Runtime,
  { output, header }: EventsOptions,
): (event: FleetEvent) => Promise<void> {
  const seen = new Set<string>();
  const widths: number[] = [];
  let headed = !header;
  return async (event) => {
    if (seen.has(event.id)) return;
    seen.add(event.id);
    if (seen.size > mostRemembered) for (const oldest of seen) if (seen.delete(oldest)) break;
    if (isData(output)) return printDocument(runtime, output, event);
    // A printed line stays: its age would not be true for long.
    const table = { columns: eventColumns, rows: [eventCells(event, event.time)] };
    runtime.terminal.out(renderTable(table, { header: !headed, paint: runtime.terminal.paintOut, widths }));
    headed = true;
  };
}

/** The filters of the list, for what the stream tells. */
function passes(event: FleetEvent, options: EventsOptions): boolean {
  const { cluster, name, namespace, severity, since } = options;
  const kind = options.kind?.map(kindNamed);
  return (
    isOneOf(event.cluster, cluster) &&
    isOneOf(event.severity, severity) &&
    isOneOf(event.object?.kind, kind) &&
    isOneOf(event.object?.name, name) &&
    isOneOf(event.object?.namespace, namespace?.split(',')) &&
    (since === undefined || event.time >= since)
  );
}

function isOneOf(value: string | undefined, wanted: readonly string[] | undefined): boolean {
  return wanted === undefined || (value !== undefined && wanted.includes(value));
}
