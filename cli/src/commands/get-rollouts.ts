import type { Command } from 'commander';
import { findRollout } from '../hub/find-rollout.js';
import { openHub } from '../hub/open-hub.js';
import { rolloutStates } from '@flotilla/common/fleet-api/rollout-state';
import type { Rollout } from '../hub/promotion-schema.js';
import { rolloutCells, rolloutColumns } from '../hub/tables/rollouts-table.js';
import type { GlobalOptions } from '../options/global-options.js';
import type { TableOptions, WatchOptions } from '../options/output-options.js';
import { withTable, withWatch } from '../options/output-options.js';
import { collect, wholeNumber, wordsOf } from '../options/parsers.js';
import type { Runtime } from '../runtime.js';
import { showNamed } from './show-named.js';

interface GetRolloutsOptions extends GlobalOptions, TableOptions, WatchOptions {
  readonly pipeline?: readonly string[];
  readonly environment?: readonly string[];
  readonly state?: readonly string[];
  readonly limit: number;
}

/** `get rollouts [ID]`. */
export function addGetRollouts(get: Command, runtime: Runtime): void {
  const command = get
    .command('rollouts [id]')
    .alias('rollout')
    .description('Rollouts over the clusters of environments, newest first')
    .option('--pipeline <names>', 'pipelines, several between commas', collect)
    .option('--environment <names>', 'environments, several between commas', collect)
    .option('--state <words>', `any of ${rolloutStates.join(', ')}`, wordsOf(rolloutStates))
    .option('--limit <number>', 'how many at most', wholeNumber(1, 100_000), 100)
    .addHelpText('after', '\n  flotilla get rollouts --state running,paused --watch');
  withWatch(withTable(command)).action(async (id: string | undefined, _options, leaf: Command) =>
    getRollouts(runtime, id, leaf.optsWithGlobals()),
  );
}

async function getRollouts(
  runtime: Runtime,
  name: string | undefined,
  options: GetRolloutsOptions,
): Promise<void> {
  const { pipeline, environment, state, limit } = options;
  const filters = { pipeline, environment, state };
  const hub = await openHub(runtime, options);
  let known: string | undefined;
  await showNamed<Rollout>(
    runtime,
    {
      hub,
      name,
      filters,
      one: async (text) => {
        known ??= (await findRollout(runtime, hub, { text })).id;
        return hub.promotions.rollout(known);
      },
      list: () => hub.promotions.rollouts(filters, limit),
      columns: rolloutColumns,
      cells: rolloutCells,
      keyOf: (rollout) => rollout.id,
      longKeys: true,
      topics: ['rollouts'],
      empty: 'no rollouts; promotions make them',
    },
    options,
  );
}
