import type { Command } from 'commander';
import { openHub } from '../hub/open-hub.js';
import { intentsTable } from '../hub/tables/intents-table.js';
import type { GlobalOptions } from '../options/global-options.js';
import type { TableOptions, WatchOptions } from '../options/output-options.js';
import { withTable, withWatch } from '../options/output-options.js';
import { collect, wholeNumber, wordsOf } from '../options/parsers.js';
import type { Runtime } from '../runtime.js';
import { showFleetList } from './show-fleet-list.js';

const states = ['Pending', 'Delivered', 'Accepted', 'Succeeded', 'Failed', 'Refused', 'Expired'] as const;

interface GetIntentsOptions extends GlobalOptions, TableOptions, WatchOptions {
  readonly cluster?: readonly string[];
  readonly state?: readonly string[];
  readonly limit: number;
}

/** `get intents`. */
export function addGetIntents(get: Command, runtime: Runtime): void {
  const command = get
    .command('intents')
    .description('What was asked of clusters through the hub, and what came of it; newest first')
    .addHelpText('after', '\n  flotilla get intents --cluster prod --state failed,refused')
    .option('--cluster <names>', 'clusters, several between commas', collect)
    .option('--state <words>', `any of ${states.join(', ')}`, wordsOf(states))
    .option('--limit <number>', 'how many at most', wholeNumber(1, 100_000), 100);
  withWatch(withTable(command)).action(async (_options, leaf: Command) =>
    getIntents(runtime, leaf.optsWithGlobals()),
  );
}

async function getIntents(runtime: Runtime, options: GetIntentsOptions): Promise<void> {
  const { cluster, state, limit } = options;
  const hub = await openHub(runtime, options);
  await showFleetList(
    runtime,
    {
      hub,
      list: () => hub.intents({ cluster, state }, limit),
      columns: intentsTable([], new Date(0)).columns,
      cells: (intent, now) => intentsTable([intent], now).rows[0]!,
      keyOf: (intent) => intent.id,
      topics: ['intents'],
      empty: 'no intents; flotilla reconcile kustomization NAME --cluster CLUSTER makes one',
    },
    options,
  );
}
