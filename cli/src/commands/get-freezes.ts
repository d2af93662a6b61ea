import type { Command } from 'commander';
import { openHub } from '../hub/open-hub.js';
import { freezeCells, freezeColumns } from '../hub/tables/freezes-table.js';
import type { GlobalOptions } from '../options/global-options.js';
import type { TableOptions, WatchOptions } from '../options/output-options.js';
import { withTable, withWatch } from '../options/output-options.js';
import { wordsOf } from '../options/parsers.js';
import type { Runtime } from '../runtime.js';
import { showNamed } from './show-named.js';

const states = ['Pending', 'Active', 'Expired'] as const;

interface GetFreezesOptions extends GlobalOptions, TableOptions, WatchOptions {
  readonly state?: readonly string[];
}

/** `get freezes [NAME]`. */
export function addGetFreezes(get: Command, runtime: Runtime): void {
  const command = get
    .command('freezes [name]')
    .alias('freeze')
    .description('Freezes: what stands still, why and until when')
    .option('--state <words>', `any of ${states.join(', ')}`, wordsOf(states))
    .addHelpText('after', '\n  flotilla get freezes --state active');
  withWatch(withTable(command)).action(async (name: string | undefined, _options, leaf: Command) =>
    getFreezes(runtime, name, leaf.optsWithGlobals()),
  );
}

async function getFreezes(
  runtime: Runtime,
  name: string | undefined,
  options: GetFreezesOptions,
): Promise<void> {
  const { state } = options;
  const hub = await openHub(runtime, options);
  await showNamed(
    runtime,
    {
      hub,
      name,
      filters: { state },
      one: (wanted) => hub.documents.freeze(wanted),
      list: () => hub.documents.freezes({ state }),
      columns: freezeColumns,
      cells: freezeCells,
      keyOf: (freeze) => freeze.name,
      topics: ['freezes', 'clusters', 'environments'],
      empty: 'no freezes; flotilla freeze NAME makes one',
    },
    options,
  );
}
