import type { Command } from 'commander';
import { openHub } from '../hub/open-hub.js';
import { clusterCells, clusterColumns } from '../hub/tables/clusters-table.js';
import { usageError } from '../errors/cli-error.js';
import type { GlobalOptions } from '../options/global-options.js';
import type { TableOptions, WatchOptions } from '../options/output-options.js';
import { withTable, withWatch } from '../options/output-options.js';
import { parseFlag, wordsOf } from '../options/parsers.js';
import { isData, printData } from '../output/print-data.js';
import type { Runtime } from '../runtime.js';
import { showFleetList } from './show-fleet-list.js';

export const freshnessWords = ['Live', 'Stale', 'Lost'] as const;

interface GetClustersOptions extends GlobalOptions, TableOptions, WatchOptions {
  readonly selector?: string;
  readonly freshness?: readonly string[];
  readonly ready?: boolean | string;
}

/** `get clusters [NAME]`. */
export function addGetClusters(get: Command, runtime: Runtime): void {
  const command = get
    .command('clusters [name]')
    .alias('cluster')
    .description('Clusters of the fleet: ready, sync, health, freshness, revision')
    .addHelpText(
      'after',
      '\n  flotilla get clusters -l env=prod --ready false\n  flotilla get clusters --watch',
    )
    .option('-l, --selector <labels>', 'labels of the clusters, e.g. env=prod')
    .option('--freshness <words>', `any of ${freshnessWords.join(', ')}`, wordsOf(freshnessWords))
    .option('--ready [true|false]', 'only clusters that are ready, or only those that are not', parseFlag);
  withWatch(withTable(command, ['table', 'wide', 'json', 'yaml'])).action(
    async (name: string | undefined, _options, leaf: Command) =>
      getClusters(runtime, name, leaf.optsWithGlobals()),
  );
}

async function getClusters(
  runtime: Runtime,
  name: string | undefined,
  options: GetClustersOptions,
): Promise<void> {
  const { selector: labelSelector, freshness, ready, output } = options;
  if (name !== undefined && (labelSelector ?? freshness ?? ready) !== undefined)
    throw usageError('a name and a filter: give one of them', 'leave out the name to filter the fleet');
  const hub = await openHub(runtime, options);
  if (name !== undefined && !options.watch && isData(output))
    return printData(runtime, output, await hub.cluster(name));
  const wide = output === 'wide';
  const one = async (wanted: string) => ({ items: [await hub.cluster(wanted)], nextCursor: null, total: 1 });
  await showFleetList(
    runtime,
    {
      hub,
      list: () => (name === undefined ? hub.clusters({ labelSelector, freshness, ready }) : one(name)),
      columns: clusterColumns(wide),
      cells: (cluster, now) => clusterCells(cluster, now, wide),
      keyOf: (cluster) => cluster.name,
      topics: ['clusters', 'objects'],
      empty: 'no clusters; flotilla token create --join lets one in',
    },
    options,
  );
}
