import type { Command } from 'commander';
import type { KubeClient } from '@flotilla/agent/kube/client';
import type { FluxKind } from '../cluster/kinds.js';
import { fluxKinds } from '../cluster/kinds.js';
import { usageError } from '../errors/cli-error.js';
import { collect } from '../options/parsers.js';
import type { GlobalOptions } from '../options/global-options.js';
import { namespaceOf } from '../options/global-options.js';
import type { TableOptions, WatchOptions } from '../options/output-options.js';
import { withTable, withWatch } from '../options/output-options.js';
import type { Runtime } from '../runtime.js';
import { getFleetObjects } from './get-objects.js';

interface GetFluxOptions extends GlobalOptions, TableOptions, WatchOptions {
  readonly allNamespaces?: boolean;
  readonly selector?: string;
  readonly statusSelector?: string;
  readonly showSource?: boolean;
  readonly cluster?: readonly string[];
}

/** `get kustomizations`, `get sources git|all`, `get all`: Flux's grammar (flux-compat 9.2). */
export function addGetFlux(get: Command, runtime: Runtime): void {
  for (const kind of fluxKinds.filter(({ group }) => group === 'applier'))
    configure(get.command(`${kind.pluralWord} [name]`).aliases([...kind.aliases, kind.word]), runtime, [
      kind,
    ]);
  const sources = get.command('sources').alias('source').description('Sources of one cluster');
  const sourceKinds = fluxKinds.filter(({ group }) => group === 'source');
  for (const kind of sourceKinds) {
    configure(sources.command(`${kind.pluralWord} [name]`), runtime, [kind]);
    const [name = kind.kind, ...aliases] = kind.aliases;
    configure(get.command(`${name} [name]`, { hidden: true }).aliases(aliases), runtime, [kind]);
  }
  configure(sources.command('all'), runtime, sourceKinds);
  configure(get.command('all'), runtime, fluxKinds);
}

function configure(command: Command, runtime: Runtime, kinds: readonly FluxKind[]): void {
  const names = kinds.map(({ kind }) => `${kind}s`.replace(/ys$/, 'ies')).join(' and ');
  command
    .description(`${names} of the cluster of the kubeconfig, or with --cluster of clusters of the fleet`)
    .addHelpText('after', exampleOf)
    .option('-A, --all-namespaces', 'all namespaces')
    .option('-l, --label-selector <labels>', 'labels of the objects')
    .option('--status-selector <condition>', 'condition and status, e.g. ready=false')
    .option('--cluster <names>', 'ask the hub about these clusters of the fleet', collect);
  if (kinds.some((kind) => kind.sourceOf)) command.option('--show-source', 'add the column SOURCE');
  withWatch(withTable(command)).action(async (...args: unknown[]) => {
    const leaf = args.at(-1) as Command;
    const { labelSelector, ...options } = leaf.optsWithGlobals<GetFluxOptions & { labelSelector?: string }>();
    const name = typeof args[0] === 'string' ? args[0] : undefined;
    const selector = labelSelector === undefined ? {} : { selector: labelSelector };
    await getFlux(runtime, kinds, name, { ...options, ...selector });
  });
}

function exampleOf({ command }: { readonly command: Command }): string {
  const group = command.parent?.name() === 'get' ? '' : `${command.parent?.name()} `;
  const words = `flotilla get ${group}${command.name()}`;
  return `\n  ${words} -A\n  ${words} --cluster prod`;
}

async function getFlux(
  runtime: Runtime,
  kinds: readonly FluxKind[],
  name: string | undefined,
  options: GetFluxOptions,
): Promise<void> {
  if (options.cluster !== undefined) return getFromFleet(runtime, kinds, name, options);
  const [{ withCluster }, { showClusterObjects }] = await Promise.all([
    import('../cluster/open-cluster.js'),
    import('../cluster/show-objects.js'),
  ]);
  if (options.allNamespaces && options.namespace !== undefined)
    throw usageError('-A and -n: give one of them');
  if (options.allNamespaces && name !== undefined)
    throw usageError('-A and a name: give one of them', 'choose the namespace of the object with -n');
  const namespace = options.allNamespaces ? undefined : namespaceOf(options, runtime.env);
  const { selector: labelSelector, statusSelector, showSource, output, header, watch } = options;
  const filter = {
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(statusSelector === undefined ? {} : { statusSelector }),
  };
  const rows = {
    namespaces: namespace === undefined,
    showSource: showSource === true,
    kindPrefix: kinds.length > 1,
  };
  await withCluster(runtime, options, (client: KubeClient) =>
    showClusterObjects(runtime, client, { kinds, filter, rows, output, header, watch: watch === true }),
  );
}

async function getFromFleet(
  runtime: Runtime,
  kinds: readonly FluxKind[],
  name: string | undefined,
  options: GetFluxOptions,
): Promise<void> {
  const { selector, statusSelector, showSource, ...rest } = options;
  const wrong =
    selector !== undefined
      ? '-l'
      : statusSelector !== undefined
        ? '--status-selector'
        : showSource
          ? '--show-source'
          : undefined;
  if (wrong !== undefined)
    throw usageError(
      `${wrong} and --cluster: give one of them`,
      'flotilla get objects has filters for the fleet: -l for labels of clusters, --ready, --sync, --health',
    );
  await getFleetObjects(runtime, name, { ...rest, kind: kinds.map(({ kind }) => kind) });
}
