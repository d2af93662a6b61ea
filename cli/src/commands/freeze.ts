import type { Command } from 'commander';
import { usageError } from '../errors/cli-error.js';
import { openHub } from '../hub/open-hub.js';
import { scopeText } from '../hub/tables/freezes-table.js';
import type { GlobalOptions } from '../options/global-options.js';
import { parsePointInTime, parseTtl } from '../options/parsers.js';
import { reasonOf } from '../options/reason.js';
import { pointInTime } from '../output/age.js';
import { hint, success } from '../output/progress.js';
import type { Runtime } from '../runtime.js';
import { deleteDocuments } from './delete.js';

export interface FreezeOptions extends GlobalOptions {
  readonly environment?: string;
  readonly cluster?: string;
  readonly all?: boolean;
  readonly source?: string;
  readonly reason?: string;
  readonly from?: string;
  readonly until?: string;
  /** Seconds. */
  readonly for?: number;
  readonly force?: boolean;
}

/** `freeze NAME` and `unfreeze NAME`. */
export function addFreeze(program: Command, runtime: Runtime): void {
  program
    .command('freeze <name>')
    .description('Let nothing move for a time, also with the hub away; makes or changes a Freeze document')
    .optionsGroup('What stands still:')
    .option('--environment <name>', 'the clusters of an environment')
    .option('--cluster <name>', 'one cluster')
    .option('--all', 'every cluster')
    .option('--source <source>', 'only this source: NAME, NAMESPACE/NAME or KIND/NAMESPACE/NAME')
    .optionsGroup('How long:')
    .option('--until <time>', 'when it ends by itself, e.g. 2026-12-27T08:00:00Z', parsePointInTime)
    .option('--for <duration>', 'or how long it lasts, e.g. 2h or 3d', parseTtl)
    .option('--from <time>', 'when it begins (default: now)', parsePointInTime)
    .optionsGroup('Options:')
    .option('--reason <text>', 'why; shown wherever something waits for it')
    .option('--force', 'also a freeze that the hub reads from Git, until it reads it again')
    .addHelpText(
      'after',
      `
  flotilla freeze holidays --environment prod --until 2027-01-02T08:00:00Z --reason "nobody is on call"
  flotilla freeze incident --all --for 2h --reason "stop the line"`,
    )
    .action(async (name: string, _options, leaf: Command) => freeze(runtime, name, leaf.optsWithGlobals()));
  program
    .command('unfreeze <names...>')
    .description('Lift freezes at once; what waited for them goes on')
    .option('--force', 'also a freeze that the hub reads from Git, until it reads it again')
    .addHelpText('after', '\n  flotilla unfreeze incident')
    .action(async (names: string[], _options, leaf: Command) =>
      deleteDocuments(runtime, 'freeze', 'freezes', names, leaf.optsWithGlobals()),
    );
}

async function freeze(runtime: Runtime, name: string, options: FreezeOptions): Promise<void> {
  const scope = scopeOf(options);
  checkEnd(options);
  const reason = reasonOf(options, `flotilla freeze ${name} …`);
  const [{ parseFleetDocument }, { applyDocuments, printApplied }] = await Promise.all([
    import('@flotilla/common/fleet-api/document'),
    import('../documents/apply-documents.js'),
  ]);
  const hub = await openHub(runtime, options);
  // A duration is counted by the hub's clock, which its first answer tells.
  if (options.for !== undefined) await hub.whoami();
  const { from } = options;
  const begin = from ?? hub.now(runtime.now()).toISOString();
  const until = options.until ?? new Date(Date.parse(begin) + options.for! * 1000).toISOString();
  const value = {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'Freeze',
    metadata: { name },
    spec: { scope, reason, ...(from === undefined ? {} : { from }), until },
  };
  try {
    parseFleetDocument(value);
  } catch (error) {
    throw usageError((error as Error).message.replaceAll('\n', '; '), 'flotilla freeze --help');
  }
  const document = { path: 'the command line', index: 1, name: `Freeze/${name}`, value };
  const { force = false } = options;
  printApplied(runtime, await applyDocuments(runtime, hub, [document], { dryRun: false, force }));
  const made = await hub.documents.freeze(name);
  const now = hub.now(runtime.now());
  const begins = made.state === 'Pending' ? `from ${pointInTime(made.from, now)} ` : '';
  const clusters = made.clusters === 1 ? '1 cluster' : `${made.clusters} clusters`;
  success(
    runtime,
    `nothing moves in ${scopeText(made)} (${clusters}) ${begins}until ${pointInTime(made.until, now)}`,
  );
  hint(runtime, `flotilla unfreeze ${name} lifts it earlier`);
}

/** What is to stand still, as a Freeze document has it. @throws CliError */
export function scopeOf({ environment, cluster, all, source }: FreezeOptions): Record<string, unknown> {
  const places = {
    ...(environment === undefined ? {} : { environment }),
    ...(cluster === undefined ? {} : { cluster }),
    ...(all ? { organisation: true } : {}),
  };
  if (Object.keys(places).length > 1)
    throw usageError('--environment, --cluster and --all: give one of them', 'make a freeze for each');
  if (Object.keys(places).length === 0 && source === undefined)
    throw usageError(
      'what is to stand still?',
      'give --environment NAME, --cluster NAME or --all, and --source for one source alone',
    );
  return source === undefined ? places : { ...places, source: sourceRef(source) };
}

function sourceRef(text: string): Record<string, string> {
  const parts = text.split('/');
  if (parts.length > 3 || parts.includes(''))
    throw usageError(
      `--source ${text}: is no source`,
      'expected NAME, NAMESPACE/NAME or KIND/NAMESPACE/NAME, e.g. GitRepository/flux-system/apps',
    );
  const [name = '', namespace, kind] = parts.toReversed();
  return { ...(kind ? { kind } : {}), ...(namespace ? { namespace } : {}), name };
}

function checkEnd({ until, for: seconds }: FreezeOptions): void {
  if (until !== undefined && seconds !== undefined) throw usageError('--until and --for: give one of them');
  if (until === undefined && seconds === undefined)
    throw usageError(
      'until when? a freeze ends by itself, so that none is forgotten',
      'give --until TIME, e.g. 2026-12-27T08:00:00Z, or --for DURATION, e.g. 2h',
    );
}
