import type { Command } from 'commander';
import { openHub } from '../hub/open-hub.js';
import { apiTokensTable, joinTokensTable } from '../hub/tables/tokens-table.js';
import type { GlobalOptions } from '../options/global-options.js';
import type { TableOptions } from '../options/output-options.js';
import { withTable } from '../options/output-options.js';
import { isData, printData, printTable } from '../output/print-data.js';
import type { Runtime } from '../runtime.js';

interface TokenListOptions extends GlobalOptions, TableOptions {
  readonly join?: boolean;
}

/** `token list`. */
export function addTokenList(token: Command, runtime: Runtime): void {
  const command = token
    .command('list')
    .description('List API tokens, or with --join the tokens for new clusters; never the secrets')
    .addHelpText('after', '\n  flotilla token list\n  flotilla token list --join')
    .option('--join', 'join tokens');
  withTable(command).action(async (_options, leaf: Command) => listTokens(runtime, leaf.optsWithGlobals()));
}

async function listTokens(runtime: Runtime, options: TokenListOptions): Promise<void> {
  const hub = await openHub(runtime, options);
  if (options.join) {
    const page = await hub.joinTokens();
    if (isData(options.output)) return printData(runtime, options.output, page);
    return printTable(runtime, joinTokensTable(page.items, hub.now(runtime.now())), options.header);
  }
  const page = await hub.apiTokens();
  if (isData(options.output)) return printData(runtime, options.output, page);
  printTable(runtime, apiTokensTable(page.items, hub.now(runtime.now())), options.header);
}
