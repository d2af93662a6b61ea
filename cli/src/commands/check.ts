import type { Command } from 'commander';
import { failure } from '../errors/cli-error.js';
import type { GlobalOptions } from '../options/global-options.js';
import { namespaceOf } from '../options/global-options.js';
import type { Runtime } from '../runtime.js';

/** `check`: is the cluster of the kubeconfig fit, and does something reconcile it. */
export function addCheck(program: Command, runtime: Runtime): void {
  program
    .command('check')
    .description('Check the cluster of the kubeconfig: version, controllers, CRDs')
    .addHelpText('after', '\n  flotilla check --pre\n  flotilla check')
    .option('--pre', 'only what an installation needs')
    .action(async (_options, command: Command) => check(runtime, command.optsWithGlobals()));
}

async function check(runtime: Runtime, options: GlobalOptions & { readonly pre?: boolean }): Promise<void> {
  const [{ withCluster }, { checkCluster }] = await Promise.all([
    import('../cluster/open-cluster.js'),
    import('../cluster/check-cluster.js'),
  ]);
  const namespace = namespaceOf(options, runtime.env);
  const isFine = await withCluster(runtime, options, (client) =>
    checkCluster(runtime, client, { namespace, prerequisitesOnly: options.pre === true }),
  );
  if (!isFine) throw failure('check failed');
}
