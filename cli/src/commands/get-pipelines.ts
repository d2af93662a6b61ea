import type { Command } from 'commander';
import { openHub } from '../hub/open-hub.js';
import { pipelineColumns, pipelineRows } from '../hub/tables/pipelines-table.js';
import type { GlobalOptions } from '../options/global-options.js';
import type { TableOptions, WatchOptions } from '../options/output-options.js';
import { withTable, withWatch } from '../options/output-options.js';
import type { Runtime } from '../runtime.js';
import { showNamed } from './show-named.js';

/** `get pipelines [NAME]`. */
export function addGetPipelines(get: Command, runtime: Runtime): void {
  const command = get
    .command('pipelines [name]')
    .alias('pipeline')
    .description('Pipelines: which release is in which environment, and what waits for what')
    .addHelpText('after', '\n  flotilla get pipelines\n  flotilla get pipelines shop --watch');
  withWatch(withTable(command)).action(async (name: string | undefined, _options, leaf: Command) =>
    getPipelines(runtime, name, leaf.optsWithGlobals()),
  );
}

async function getPipelines(
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
      one: (wanted) => hub.documents.pipeline(wanted),
      list: () => hub.documents.pipelines(),
      columns: pipelineColumns,
      cells: pipelineRows,
      keyOf: (pipeline) => pipeline.name,
      topics: ['pipelines', 'releases', 'promotions'],
      empty: 'no pipelines; flotilla apply -f makes them',
    },
    options,
  );
}
