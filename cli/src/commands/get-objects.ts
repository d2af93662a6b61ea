import type { Command } from 'commander';
import { kindNamed } from '../cluster/kinds.js';
import { usageError } from '../errors/cli-error.js';
import { openHub } from '../hub/open-hub.js';
import { objectCells, objectColumns } from '../hub/tables/objects-table.js';
import { withClusterTargets } from '../options/cluster-targets.js';
import type { ClusterTargets } from '../options/cluster-targets.js';
import type { GlobalOptions } from '../options/global-options.js';
import type { TableOptions, WatchOptions } from '../options/output-options.js';
import { withTable, withWatch } from '../options/output-options.js';
import { collect, parseFlag, wordsOf } from '../options/parsers.js';
import type { Runtime } from '../runtime.js';
import { freshnessWords } from './get-clusters.js';
import { showFleetList } from './show-fleet-list.js';

const syncWords = ['Synced', 'OutOfSync', 'Progressing', 'Failed', 'Unknown'] as const;
const healthWords = ['Healthy', 'Progressing', 'Unhealthy', 'Suspended', 'Unknown'] as const;

export interface GetObjectsOptions extends GlobalOptions, ClusterTargets, TableOptions, WatchOptions {
  readonly kind?: readonly string[];
  readonly allNamespaces?: boolean;
  readonly ready?: boolean | string;
  readonly sync?: readonly string[];
  readonly health?: readonly string[];
  readonly freshness?: readonly string[];
  readonly revision?: string;
}

/** `get objects [NAME]`. */
export function addGetObjects(get: Command, runtime: Runtime): void {
  const command = get
    .command('objects [name]')
    .alias('object')
    .description('Flux objects of all clusters of the fleet')
    .addHelpText(
      'after',
      '\n  flotilla get objects --kind ks --ready false\n  flotilla get objects apps -l env=prod -o json',
    )
    .option('--kind <kinds>', 'kinds, e.g. Kustomization or ks', collect)
    .option('-A, --all-namespaces', 'all namespaces, which is the default here; -n names one')
    .option('--ready [true|false]', 'only objects that are ready, or only those that are not', parseFlag)
    .option('--sync <words>', `any of ${syncWords.join(', ')}`, wordsOf(syncWords))
    .option('--health <words>', `any of ${healthWords.join(', ')}`, wordsOf(healthWords))
    .option('--freshness <words>', `any of ${freshnessWords.join(', ')}`, wordsOf(freshnessWords))
    .option('--revision <revision>', 'a whole revision, or the first 7 digits of a commit or more');
  withWatch(withTable(withClusterTargets(command), ['table', 'wide', 'json', 'yaml'])).action(
    async (name: string | undefined, _options, leaf: Command) =>
      getFleetObjects(runtime, name, leaf.optsWithGlobals()),
  );
}

/** Lists objects of the fleet. */
export async function getFleetObjects(
  runtime: Runtime,
  name: string | undefined,
  options: GetObjectsOptions,
): Promise<void> {
  if (options.allNamespaces && options.namespace !== undefined)
    throw usageError('-A and -n: give one of them');
  const {
    cluster,
    selector: labelSelector,
    kind,
    namespace,
    ready,
    sync,
    health,
    freshness,
    revision,
  } = options;
  const hub = await openHub(runtime, options);
  const query = { labelSelector, cluster, namespace, name, ready, sync, health, freshness, revision };
  const wide = options.output === 'wide';
  await showFleetList(
    runtime,
    {
      hub,
      list: () => hub.objects({ ...query, kind: kind?.map(kindNamed) }),
      columns: objectColumns(wide),
      cells: (object, now) => objectCells(object, now, wide),
      keyOf: (object) => `${object.cluster}: ${object.kind}/${object.namespace}/${object.name}`,
      topics: ['clusters', 'objects'],
      empty: 'no objects pass the filters; flotilla get clusters shows what reports',
    },
    options,
  );
}
