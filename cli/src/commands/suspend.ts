import type { Command } from 'commander';
import type { FluxKind } from '../cluster/kinds.js';
import type { ClusterTargets } from '../options/cluster-targets.js';
import { meansFleet, withClusterTargets } from '../options/cluster-targets.js';
import type { GlobalOptions } from '../options/global-options.js';
import { namespaceOf } from '../options/global-options.js';
import type { DataOptions } from '../options/output-options.js';
import { withData } from '../options/output-options.js';
import type { Runtime } from '../runtime.js';
import { fleetDataOnly } from './fleet-data.js';
import { fleetNames } from './fleet-names.js';
import { addKindCommands } from './kind-commands.js';

interface SuspendOptions extends GlobalOptions, ClusterTargets, DataOptions {
  readonly all?: boolean;
  readonly wait: boolean;
}

/** `suspend kustomization|source git NAME...`. */
export function addSuspend(program: Command, runtime: Runtime): void {
  const verb = program
    .command('suspend')
    .description(
      'Stop reconciling objects: in the cluster of the kubeconfig, or with --cluster or -l through the hub',
    );
  addKindCommands(verb, '[names...]', (command, kind) => {
    command
      .option('--all', 'every one of the namespace')
      .option('--no-wait', 'through the hub: do not wait for the outcome');
    withData(withClusterTargets(command)).action(async (names: string[], _options, leaf: Command) =>
      suspend(runtime, kind, names, leaf.optsWithGlobals()),
    );
  });
}

async function suspend(
  runtime: Runtime,
  kind: FluxKind,
  names: readonly string[],
  options: SuspendOptions,
): Promise<void> {
  if (meansFleet(options)) {
    const { actOnFleet } = await import('../hub/act-on-fleet.js');
    const chosen = fleetNames(kind, names, options);
    const request = {
      ...options,
      verb: 'suspend',
      kind: kind.kind,
      names: chosen,
      withSource: false,
    } as const;
    return actOnFleet(runtime, options, request);
  }
  fleetDataOnly(options);
  const [{ withCluster }, { suspendObjects }] = await Promise.all([
    import('../cluster/open-cluster.js'),
    import('../cluster/suspend-object.js'),
  ]);
  const namespace = namespaceOf(options, runtime.env);
  await withCluster(runtime, options, (client) =>
    suspendObjects(runtime, client, kind, { namespace, names, all: options.all === true }),
  );
}
