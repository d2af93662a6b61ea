import type { Command } from 'commander';
import { openHub } from '../hub/open-hub.js';
import { vetoCells, vetoColumns } from '../hub/tables/vetoes-table.js';
import type { GlobalOptions } from '../options/global-options.js';
import type { TableOptions, WatchOptions } from '../options/output-options.js';
import { withTable, withWatch } from '../options/output-options.js';
import { wholeNumber, wordsOf } from '../options/parsers.js';
import type { Runtime } from '../runtime.js';
import { showFleetList } from './show-fleet-list.js';

const states = ['InForce', 'Lifted'] as const;

interface GetVetoesOptions extends GlobalOptions, TableOptions, WatchOptions {
  readonly state?: readonly string[];
  readonly limit: number;
}

/** `get vetoes [REVISION]`. */
export function addGetVetoes(get: Command, runtime: Runtime): void {
  const command = get
    .command('vetoes [revision]')
    .alias('veto')
    .description('Revisions that nobody takes, newest first; those of one revision or commit')
    .option('--state <words>', `any of ${states.join(', ')}`, wordsOf(states))
    .option('--limit <number>', 'how many at most', wholeNumber(1, 100_000), 100)
    .addHelpText('after', '\n  flotilla get vetoes --state inforce\n  flotilla get vetoes 4f1c9b2');
  withWatch(withTable(command)).action(async (revision: string | undefined, _options, leaf: Command) =>
    getVetoes(runtime, revision, leaf.optsWithGlobals()),
  );
}

async function getVetoes(
  runtime: Runtime,
  revision: string | undefined,
  options: GetVetoesOptions,
): Promise<void> {
  const { state, limit } = options;
  const hub = await openHub(runtime, options);
  await showFleetList(
    runtime,
    {
      hub,
      list: () => hub.documents.vetoes({ state, revision }, limit),
      columns: vetoColumns,
      cells: vetoCells,
      keyOf: (veto) => veto.id,
      longKeys: true,
      topics: ['vetoes'],
      empty: 'no vetoes; flotilla veto RELEASE makes some',
    },
    options,
  );
}
