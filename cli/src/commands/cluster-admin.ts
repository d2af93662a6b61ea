import type { Command } from 'commander';
import { usageError } from '../errors/cli-error.js';
import { openHub } from '../hub/open-hub.js';
import { labelsText } from '../hub/tables/labels-text.js';
import type { GlobalOptions } from '../options/global-options.js';
import { success } from '../output/progress.js';
import type { Runtime } from '../runtime.js';

/** `cluster label|revoke|delete`. */
export function addClusterAdmin(program: Command, runtime: Runtime): void {
  const cluster = program
    .command('cluster')
    .description('Label clusters of the fleet, cut them off, remove them');
  cluster
    .command('label <name> <labels...>')
    .description('Set labels with key=value, remove them with key-')
    .addHelpText('after', '\n  flotilla cluster label prod env=prod canary-')
    .action(async (name: string, labels: string[], _options, leaf: Command) =>
      label(runtime, name, labels, leaf.optsWithGlobals()),
    );
  cluster
    .command('revoke <name>')
    .description('Cut a cluster off at once; what the hub knows of it stays')
    .addHelpText('after', '\n  flotilla cluster revoke edge-7 --reason "stolen"')
    .requiredOption('--reason <text>', 'why; stands in the audit trail')
    .action(async (name: string, _options, leaf: Command) => revoke(runtime, name, leaf.optsWithGlobals()));
  cluster
    .command('delete <name>')
    .description('Remove a cluster from the fleet; nothing happens in the cluster itself')
    .addHelpText('after', '\n  flotilla cluster delete edge-7')
    .option('-y, --yes', 'do not ask')
    .action(async (name: string, _options, leaf: Command) => remove(runtime, name, leaf.optsWithGlobals()));
}

async function label(
  runtime: Runtime,
  name: string,
  labels: readonly string[],
  options: GlobalOptions,
): Promise<void> {
  const hub = await openHub(runtime, options);
  const cluster = await hub.labelCluster(name, parseLabelChanges(labels));
  success(runtime, `cluster ${cluster.name} labelled: ${labelsText(cluster.labels)}`);
}

/** Reads `env=prod` and `canary-`; null removes a label. @throws CliError */
export function parseLabelChanges(texts: readonly string[]): Record<string, string | null> {
  const changes: Record<string, string | null> = {};
  for (const text of texts) {
    const [, key, value] = /^([^=]+?)(?:=(.*)|-)$/.exec(text) ?? [];
    if (key === undefined)
      throw usageError(`label ${JSON.stringify(text)}: expected key=value, or key- to remove it`);
    if (Object.hasOwn(changes, key)) throw usageError(`label ${key} is given twice`);
    changes[key] = value ?? null;
  }
  return changes;
}

async function revoke(
  runtime: Runtime,
  name: string,
  options: GlobalOptions & { readonly reason: string },
): Promise<void> {
  const hub = await openHub(runtime, options);
  await hub.revokeCluster(name, options.reason);
  success(runtime, `cluster ${name} is cut off; a new join token lets it in again`);
}

async function remove(
  runtime: Runtime,
  name: string,
  options: GlobalOptions & { readonly yes?: boolean },
): Promise<void> {
  const hub = await openHub(runtime, options);
  if (!options.yes) {
    if (!runtime.terminal.inIsTerminal)
      throw usageError(`cluster ${name}: removing it has to be confirmed`, 'add --yes');
    const answer = await runtime.terminal.ask(
      `Remove ${name} from the fleet? Type its name: `,
      runtime.signal,
    );
    if (answer !== name) throw usageError(`cluster ${name} was not removed`, 'the name was not typed');
  }
  await hub.deleteCluster(name);
  success(runtime, `cluster ${name} is removed`);
}
