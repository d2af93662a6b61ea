import type { Command } from 'commander';
import { usageError } from '../errors/cli-error.js';
import { contextsPath, readContexts, writeContexts } from '../hub/contexts.js';
import type { GlobalOptions } from '../options/global-options.js';
import { success } from '../output/progress.js';
import type { Runtime } from '../runtime.js';

/** `logout`: forgets a context. */
export function addLogout(program: Command, runtime: Runtime): void {
  program
    .command('logout')
    .description('Forget the token of a context; the token itself stays valid')
    .addHelpText('after', '\n  flotilla logout --name prod')
    .option('--name <context>', 'name of the context (default: the current one)')
    .action(async (_options, command: Command) => logout(runtime, command.optsWithGlobals()));
}

async function logout(runtime: Runtime, options: GlobalOptions & { readonly name?: string }): Promise<void> {
  const path = contextsPath(runtime.env);
  const { current, contexts } = await readContexts(path);
  const name = options.name ?? options.context ?? current;
  if (name === undefined || !Object.hasOwn(contexts, name))
    throw usageError(
      name === undefined ? 'nobody is logged in' : `context "${name}" does not exist`,
      `known contexts: ${Object.keys(contexts).join(', ') || 'none'}`,
    );
  const { [name]: _removed, ...rest } = contexts;
  const next = current === name ? Object.keys(rest)[0] : current;
  await writeContexts(path, { ...(next === undefined ? {} : { current: next }), contexts: rest });
  success(
    runtime,
    `context "${name}" is forgotten${next === undefined ? '' : `; the current one is "${next}"`}`,
  );
}
