import type { Command } from 'commander';
import type { FluxKind } from '../cluster/kinds.js';
import type { ClusterTargets } from '../options/cluster-targets.js';
import { meansFleet, withClusterTargets } from '../options/cluster-targets.js';
import type { GlobalOptions } from '../options/global-options.js';
import { namespaceOf } from '../options/global-options.js';
import type { DataOptions } from '../options/output-options.js';
import { withData } from '../options/output-options.js';
import { fleetDataOnly } from './fleet-data.js';
import type { Runtime } from '../runtime.js';
import { addKindCommands } from './kind-commands.js';

interface ReconcileOptions extends GlobalOptions, ClusterTargets, DataOptions {
  readonly withSource?: boolean;
  readonly wait: boolean;
}

/** `reconcile kustomization|source git NAME`. */
export function addReconcile(program: Command, runtime: Runtime): void {
  const verb = program
    .command('reconcile')
    .description(
      'Reconcile an object now: in the cluster of the kubeconfig, or with --cluster or -l through the hub',
    );
  addKindCommands(verb, '<name>', (command, kind) => {
    if (kind.sourceOf) command.option('--with-source', 'reconcile the source first');
    withData(withClusterTargets(command.option('--no-wait', 'do not wait for the outcome'))).action(
      async (name: string, _options, leaf: Command) => reconcile(runtime, kind, name, leaf.optsWithGlobals()),
    );
  });
}

async function reconcile(
  runtime: Runtime,
  kind: FluxKind,
  name: string,
  options: ReconcileOptions,
): Promise<void> {
  const withSource = options.withSource === true;
  if (meansFleet(options)) {
    const { actOnFleet } = await import('../hub/act-on-fleet.js');
    const request = { ...options, verb: 'reconcile', kind: kind.kind, names: [name], withSource } as const;
    return actOnFleet(runtime, options, request);
  }
  fleetDataOnly(options);
  const [{ withCluster }, { reconcileObject }] = await Promise.all([
    import('../cluster/open-cluster.js'),
    import('../cluster/reconcile-object.js'),
  ]);
  const namespace = namespaceOf(options, runtime.env);
  const { wait, timeout: timeoutMs } = options;
  await withCluster(runtime, options, (client) =>
    reconcileObject(runtime, client, kind, { namespace, name, withSource, wait, timeoutMs }),
  );
}
