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
import { addResumeRollout } from './rollout-verbs.js';

interface ResumeOptions extends GlobalOptions, ClusterTargets, DataOptions {
  readonly all?: boolean;
  /** Undefined: wait for all at the end. */
  readonly wait?: boolean;
}

/** `resume kustomization|source git NAME...`. */
export function addResume(program: Command, runtime: Runtime): void {
  const verb = program
    .command('resume')
    .description(
      'Reconcile objects again: in the cluster of the kubeconfig, or with --cluster or -l through the hub; let a rollout go on',
    );
  addKindCommands(verb, '[names...]', (command, kind) => {
    command
      .option('--all', 'every one of the namespace')
      .option('--wait', 'resume the next one when the one before is reconciled')
      .option('--no-wait', 'do not wait for the outcome');
    withData(withClusterTargets(command)).action(async (names: string[], _options, leaf: Command) =>
      resume(runtime, kind, names, leaf.optsWithGlobals()),
    );
  });
  addResumeRollout(verb, runtime);
}

async function resume(
  runtime: Runtime,
  kind: FluxKind,
  names: readonly string[],
  options: ResumeOptions,
): Promise<void> {
  if (meansFleet(options)) {
    const { actOnFleet } = await import('../hub/act-on-fleet.js');
    const wait = options.wait !== false;
    const chosen = fleetNames(kind, names, options);
    const request = {
      ...options,
      verb: 'resume',
      kind: kind.kind,
      names: chosen,
      withSource: false,
      wait,
    } as const;
    return actOnFleet(runtime, options, request);
  }
  fleetDataOnly(options);
  const [{ withCluster }, { resumeObjects }] = await Promise.all([
    import('../cluster/open-cluster.js'),
    import('../cluster/suspend-object.js'),
  ]);
  const target = {
    namespace: namespaceOf(options, runtime.env),
    names,
    all: options.all === true,
    wait: options.wait === undefined ? 'all' : options.wait ? 'each' : 'none',
    timeoutMs: options.timeout,
  } as const;
  await withCluster(runtime, options, (client) => resumeObjects(runtime, client, kind, target));
}
