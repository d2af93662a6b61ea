import type { Command } from 'commander';
import type { Freeze } from '../hub/document-schema.js';
import { openHub } from '../hub/open-hub.js';
import { breakGlassTable, scopeText } from '../hub/tables/freezes-table.js';
import type { GlobalOptions } from '../options/global-options.js';
import { pointInTime } from '../output/age.js';
import { printFacts, printSection } from '../output/print-section.js';
import type { Cell } from '../output/table.js';
import type { Runtime } from '../runtime.js';

/** `describe freeze NAME`. */
export function addDescribeFreeze(describe: Command, runtime: Runtime): void {
  describe
    .command('freeze <name>')
    .alias('freezes')
    .description('A freeze: what stands still, why and until when, and who may pass it')
    .addHelpText('after', '\n  flotilla describe freeze holidays')
    .action(async (name: string, _options, leaf: Command) =>
      describeFreeze(runtime, name, leaf.optsWithGlobals()),
    );
}

async function describeFreeze(runtime: Runtime, name: string, options: GlobalOptions): Promise<void> {
  const hub = await openHub(runtime, options);
  const freeze = await hub.documents.freeze(name);
  const now = hub.now(runtime.now());
  printFacts(runtime, freezeFacts(freeze, now));
  printSection(runtime, 'Break-glass', breakGlassTable(freeze, now));
  printSection(runtime, 'What you can do', { columns: ['', ''], rows: nextForFreeze(freeze) }, false);
}

function freezeFacts(freeze: Freeze, now: Date): Cell[][] {
  const { name, state, clusters, reason, from, until, createdAt, createdBy } = freeze;
  return [
    ['Freeze:', name],
    ['State:', { text: state, tone: state === 'Active' ? 'warning' : 'plain' }],
    ['Scope:', `${scopeText(freeze)}; clusters in it now: ${clusters}`],
    ['Reason:', reason],
    ['From:', pointInTime(from, now)],
    ['Until:', pointInTime(until, now)],
    ['Made:', `${pointInTime(createdAt, now)} by ${createdBy}`],
  ];
}

/** What people can do about a freeze; one that has ended is only removed. */
export function nextForFreeze({ name, state, breakGlass }: Freeze): string[][] {
  const lift = [`flotilla unfreeze ${name}`, state === 'Expired' ? 'removes it' : 'lifts it at once'];
  if (state !== 'Active') return [lift];
  const asked = breakGlass.filter((one) => one.state === 'Requested');
  const glass = `flotilla break-glass ${name} --promotion`;
  return [
    ...asked.map(({ promotion, requestedBy }) => [
      `${glass} ${promotion} --reason TEXT`,
      `confirms what ${requestedBy} has asked for`,
    ]),
    [`${glass} PROMOTION --reason TEXT`, 'asks to let one promotion pass; another person confirms'],
    lift,
  ];
}
