import type { Command } from 'commander';
import { usageError } from '../errors/cli-error.js';
import { contextsPath, readContexts, writeContexts } from '../hub/contexts.js';
import { withTable } from '../options/output-options.js';
import type { TableOptions } from '../options/output-options.js';
import { isData, printData, printTable } from '../output/print-data.js';
import { success } from '../output/progress.js';
import type { Runtime } from '../runtime.js';

/** `context list` and `context use`. */
export function addContexts(program: Command, runtime: Runtime): void {
  const context = program.command('context').description('Hubs that "flotilla login" has stored');
  withTable(context.command('list').description('List the contexts; their tokens are not shown'))
    .addHelpText('after', '\n  flotilla context list')
    .action(async (options: TableOptions) => listContexts(runtime, options));
  context
    .command('use <name>')
    .description('Take this context when none is named')
    .addHelpText('after', '\n  flotilla context use prod')
    .action(async (name: string) => useContext(runtime, name));
}

async function listContexts(runtime: Runtime, { output, header }: TableOptions): Promise<void> {
  const { current, contexts } = await readContexts(contextsPath(runtime.env));
  const items = Object.entries(contexts).map(([name, { hub, caFile }]) => ({
    name,
    hub,
    ...(caFile === undefined ? {} : { caFile }),
    current: name === current,
  }));
  if (isData(output)) return printData(runtime, output, { items });
  const rows = items.map((item) => [item.current ? '*' : ' ', item.name, item.hub]);
  printTable(runtime, { columns: ['CURRENT', 'NAME', 'HUB'], rows }, header);
}

async function useContext(runtime: Runtime, name: string): Promise<void> {
  const path = contextsPath(runtime.env);
  const stored = await readContexts(path);
  if (!Object.hasOwn(stored.contexts, name))
    throw usageError(
      `context "${name}" does not exist`,
      `known contexts: ${Object.keys(stored.contexts).join(', ') || 'none'}`,
    );
  await writeContexts(path, { ...stored, current: name });
  success(runtime, `the current context is "${name}"`);
}
