import type { Command } from 'commander';
import { notFound } from '../errors/cli-error.js';
import { openHub } from '../hub/open-hub.js';
import type { GlobalOptions } from '../options/global-options.js';
import { success } from '../output/progress.js';
import type { Runtime } from '../runtime.js';

/** `token revoke`. */
export function addTokenRevoke(token: Command, runtime: Runtime): void {
  token
    .command('revoke <token>')
    .description('Revoke an API token by id or name, or with --join a join token by id')
    .addHelpText('after', '\n  flotilla token revoke ci')
    .option('--join', 'a join token; clusters that have enrolled with it stay')
    .action(async (id: string, _options, leaf: Command) => revoke(runtime, id, leaf.optsWithGlobals()));
}

async function revoke(
  runtime: Runtime,
  text: string,
  options: GlobalOptions & { readonly join?: boolean },
): Promise<void> {
  const hub = await openHub(runtime, options);
  const wanted = idOf(text);
  if (options.join) {
    await hub.deleteJoinToken(wanted);
    return success(runtime, `join token ${wanted} revoked`);
  }
  const { items } = await hub.apiTokens();
  const found = items.find(({ id }) => id === wanted) ?? items.find(({ name }) => name === wanted);
  if (!found)
    throw notFound(
      `API token "${wanted}" does not exist`,
      'flotilla token list shows the valid ones; a join token is revoked with --join',
    );
  await hub.revokeApiToken(found.id);
  success(runtime, `API token ${found.id} of ${found.name} revoked`);
}

/** People paste whole tokens, too: the id is their second part, and the secret must not be repeated. */
export function idOf(text: string): string {
  return /^fl[tj]_([^_]+)_/.exec(text)?.[1] ?? text;
}
