import type { Command } from 'commander';
import { openHub } from '../hub/open-hub.js';
import { environmentCells, environmentColumns } from '../hub/tables/environments-table.js';
import type { GlobalOptions } from '../options/global-options.js';
import type { TableOptions, WatchOptions } from '../options/output-options.js';
import { withTable, withWatch } from '../options/output-options.js';
import type { Runtime } from '../runtime.js';
import { showNamed } from './show-named.js';

/** `get environments [NAME]`. */
export function addGetEnvironments(get: Command, runtime: Runtime): void {
  const command = get
    .command('environments [name]')
    .aliases(['environment', 'env', 'envs'])
    .description('Environments: which clusters take releases together')
    .addHelpText('after', '\n  flotilla get environments\n  flotilla get environments prod -o yaml');
  withWatch(withTable(command)).action(async (name: string | undefined, _options, leaf: Command) =>
    getEnvironments(runtime, name, leaf.optsWithGlobals()),
  );
}

async function getEnvironments(
  runtime: Runtime,
  name: string | undefined,
  options: GlobalOptions & TableOptions & WatchOptions,
): Promise<void> {
  const hub = await openHub(runtime, options);
  await showNamed(
    runtime,
    {
      hub,
      name,
      filters: {},
      one: (wanted) => hub.documents.environment(wanted),
      list: () => hub.documents.environments(),
      columns: environmentColumns,
      cells: environmentCells,
      keyOf: (environment) => environment.name,
      topics: ['environments', 'clusters', 'pipelines'],
      empty: 'no environments; flotilla apply -f makes them',
    },
    options,
  );
}
