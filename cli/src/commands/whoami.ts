import type { Command } from 'commander';
import { openHub } from '../hub/open-hub.js';
import type { GlobalOptions } from '../options/global-options.js';
import type { TableOptions } from '../options/output-options.js';
import { withTable } from '../options/output-options.js';
import { isData, printData, printTable } from '../output/print-data.js';
import type { Runtime } from '../runtime.js';

/** `whoami`: whose token this is, and what it may do. */
export function addWhoami(program: Command, runtime: Runtime): void {
  withTable(program.command('whoami').description('Show which hub is asked, as whom, and with which role'))
    .addHelpText('after', '\n  flotilla whoami')
    .action(async (_options, command: Command) => whoami(runtime, command.optsWithGlobals()));
}

async function whoami(runtime: Runtime, options: GlobalOptions & TableOptions): Promise<void> {
  const hub = await openHub(runtime, options);
  const answer = await hub.whoami();
  if (isData(options.output)) return printData(runtime, options.output, answer);
  const { name, role, groups = [], emails = [], hubVersion } = answer;
  const rows = [[name, role, groups.join(',') || '-', emails.join(',') || '-', hub.hub, hubVersion]];
  const columns = ['NAME', 'ROLE', 'GROUPS', 'EMAILS', 'HUB', 'VERSION'];
  printTable(runtime, { columns, rows }, options.header);
}
