import type { Command } from 'commander';
import { formatDuration } from '@flotilla/common/duration/duration';
import { CliError, exitCodes, failure, usageError } from '../errors/cli-error.js';
import { askPatiently } from '../hub/ask-patiently.js';
import type { HubClient } from '../hub/hub-client.js';
import { openHub } from '../hub/open-hub.js';
import type { Where } from '../hub/schema.js';
import { sleep } from '../sleep.js';
import { hasPlaces, whereColumns, whereRows, whereSummary, whereTable } from '../hub/tables/where-table.js';
import type { GlobalOptions } from '../options/global-options.js';
import type { TableOptions, WatchOptions } from '../options/output-options.js';
import { withTable, withWatch } from '../options/output-options.js';
import { isData, printData, printTable } from '../output/print-data.js';
import { hint, waiting } from '../output/progress.js';
import type { Runtime } from '../runtime.js';
import { showFleetList } from './show-fleet-list.js';

interface WhereOptions extends GlobalOptions, TableOptions, WatchOptions {
  readonly selector?: string;
  readonly wait?: boolean;
}

const askMs = 1_000;

/** `where COMMIT`. */
export function addWhere(program: Command, runtime: Runtime): void {
  const command = program
    .command('where <commit>')
    .description('How far a commit has come on each cluster of the fleet')
    .option('-l, --selector <labels>', 'only clusters with these labels, e.g. env=prod')
    .option('--wait', 'wait until every cluster has reached it; exit code 1 when one fails on it');
  withWatch(withTable(command))
    .addHelpText(
      'after',
      '\n  flotilla where $(git rev-parse HEAD) --wait --timeout 10m\n  flotilla where 4f1c9b2 --watch',
    )
    .action(async (commit: string, _options, leaf: Command) =>
      where(runtime, commit, leaf.optsWithGlobals()),
    );
}

async function where(runtime: Runtime, commit: string, options: WhereOptions): Promise<void> {
  if (options.wait && options.watch)
    throw usageError('--wait and --watch: give one of them', '--wait ends by itself');
  const hub = await openHub(runtime, options);
  if (options.watch) return watchWhere(runtime, hub, commit, options);
  const deadline = performance.now() + options.timeout;
  const answer = options.wait
    ? await waitFor(runtime, hub, commit, options, deadline)
    : await hub.where(commit, options.selector);
  if (isData(options.output)) await printData(runtime, options.output, answer);
  else {
    printTable(runtime, whereTable(answer, hub.now(runtime.now())), options.header);
    hint(runtime, whereSummary(answer));
  }
  if (options.wait) conclude(answer, commit, options.timeout);
}

async function waitFor(
  runtime: Runtime,
  hub: HubClient,
  commit: string,
  { selector }: WhereOptions,
  deadline: number,
): Promise<Where> {
  let said = '';
  for (;;) {
    const ask = () => hub.where(commit, selector);
    const answer = await (said === '' ? ask() : askPatiently(runtime, ask, deadline));
    if (isDecided(answer) || performance.now() >= deadline) return answer;
    const summary = whereSummary(answer);
    if (summary !== said) waiting(runtime, summary);
    said = summary;
    await sleep(Math.min(askMs, Math.max(1, deadline - performance.now())), runtime.signal);
    runtime.signal.throwIfAborted();
  }
}

/** A row a cluster, as long as somebody looks. */
async function watchWhere(
  runtime: Runtime,
  hub: HubClient,
  commit: string,
  options: WhereOptions,
): Promise<void> {
  const places = hasPlaces(await hub.where(commit, options.selector));
  await showFleetList<Where['clusters'][number]>(
    runtime,
    {
      hub,
      list: async () => {
        const { clusters: items } = await hub.where(commit, options.selector);
        return { items, nextCursor: null, total: items.length };
      },
      columns: whereColumns(places),
      cells: (cluster, now) => whereRows(cluster, places, now),
      keyOf: ({ cluster }) => cluster,
      topics: ['clusters', 'objects', 'promotions', 'rollouts'],
      empty: 'no clusters pass the filter',
    },
    options,
  );
}

/** Every cluster has reached it, or one has failed on it. A fleet without clusters reaches nothing. */
function isDecided({ clusters, summary }: Where): boolean {
  return (summary['Failed'] ?? 0) > 0 || (clusters.length > 0 && summary['Reached'] === clusters.length);
}

function conclude(answer: Where, commit: string, timeout: number): void {
  const summary = whereSummary(answer);
  if ((answer.summary['Failed'] ?? 0) > 0) throw failure(`commit ${commit}: ${summary}`);
  if (isDecided(answer)) return;
  const late = `commit ${commit}: ${summary}, within ${formatDuration(timeout)}`;
  throw new CliError(exitCodes.timedOut, late, { remedy: 'wait longer with --timeout' });
}
