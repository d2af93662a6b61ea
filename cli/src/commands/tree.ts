import type { Command } from 'commander';
import { kustomizationKind } from '../cluster/kinds.js';
import type { GlobalOptions } from '../options/global-options.js';
import { namespaceOf } from '../options/global-options.js';
import type { DataOptions } from '../options/output-options.js';
import { withData } from '../options/output-options.js';
import { printData } from '../output/print-data.js';
import type { Runtime } from '../runtime.js';

interface TreeOptions extends GlobalOptions, DataOptions {
  readonly compact?: boolean;
}

/** `tree kustomization NAME`. */
export function addTree(program: Command, runtime: Runtime): void {
  const tree = program
    .command('tree')
    .description('What an object has applied to the cluster of the kubeconfig');
  const command = tree
    .command(`${kustomizationKind.word} <name>`)
    .aliases([...kustomizationKind.aliases, kustomizationKind.pluralWord])
    .description('Objects of a Kustomization, through all Kustomizations below it')
    .addHelpText('after', '\n  flotilla tree kustomization apps --compact')
    .option('--compact', 'only Flux objects');
  withData(command).action(async (name: string, _options, leaf: Command) =>
    showTree(runtime, name, leaf.optsWithGlobals()),
  );
}

async function showTree(runtime: Runtime, name: string, options: TreeOptions): Promise<void> {
  const [{ withCluster }, { readObject }, { resourceTree, treeData, treeLines }] = await Promise.all([
    import('../cluster/open-cluster.js'),
    import('../cluster/reconcile-object.js'),
    import('../cluster/resource-tree.js'),
  ]);
  const namespace = namespaceOf(options, runtime.env);
  const tree = await withCluster(runtime, options, async (client) => {
    const root = await readObject(runtime, client, kustomizationKind, { namespace, name });
    return resourceTree(client, root, { compact: options.compact === true, signal: runtime.signal });
  });
  if (options.output) return printData(runtime, options.output, treeData(tree));
  runtime.terminal.out(
    treeLines(tree)
      .map((line) => `${line}\n`)
      .join(''),
  );
}
