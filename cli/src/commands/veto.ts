import type { Command } from 'commander';
import { CliError, exitCodes, notFound, usageError } from '../errors/cli-error.js';
import type { Veto } from '../hub/document-schema.js';
import type { HubClient } from '../hub/hub-client.js';
import { openHub } from '../hub/open-hub.js';
import type { GlobalOptions } from '../options/global-options.js';
import type { DataOptions } from '../options/output-options.js';
import { withData } from '../options/output-options.js';
import { reasonOf } from '../options/reason.js';
import type { DataFormat } from '../output/print-data.js';
import { printData } from '../output/print-data.js';
import { success } from '../output/progress.js';
import { isIdBeginning, isWholeId } from '../output/short-ids.js';
import type { Runtime } from '../runtime.js';

interface VetoOptions extends GlobalOptions, DataOptions {
  readonly pipeline?: string;
  readonly url?: string;
  readonly revision?: string;
  readonly reason?: string;
}

/** `veto RELEASE|--url --revision` and `veto lift VETO|RELEASE`. */
export function addVeto(program: Command, runtime: Runtime): void {
  const veto = program
    .command('veto')
    .usage(
      'RELEASE --reason TEXT | --url URL --revision REVISION --reason TEXT | lift VETO|RELEASE --reason TEXT',
    )
    .description('Let no cluster and no promotion take a revision again, until the veto is lifted')
    .argument('[release]', 'name, id or commit of a release; all that is in it is vetoed')
    .option('--pipeline <name>', 'of the release, where a commit is in several')
    .option('--url <url>', 'address of a repository, as sources have it')
    .option('--revision <revision>', 'whole revision, e.g. main@sha1:<commit>, or the whole commit')
    .option('--reason <text>', 'why; shown wherever the veto stops something');
  withData(veto)
    .addHelpText(
      'after',
      `
  flotilla veto shop-7 --reason "the shop does not start"
  flotilla veto --url https://git.example.com/shop/fleet --revision $(git rev-parse HEAD) --reason "leaks"
  flotilla veto lift 0199d0c4-7d1c --reason "fixed on the clusters"`,
    )
    .action(async (release: string | undefined, _options, leaf: Command) =>
      create(runtime, release, leaf.optsWithGlobals()),
    );
  const lift = veto
    .command('lift <veto>')
    .description('Lift a veto by id or a beginning of it that is enough, or all those of a release')
    .addHelpText(
      'after',
      `
  flotilla veto lift 0199d0c4-7d1c --reason "fixed on the clusters"
  flotilla veto lift shop-7 --reason "it was the network"`,
    );
  lift.action(async (id: string, _options, leaf: Command) => liftVeto(runtime, id, leaf.optsWithGlobals()));
}

async function create(runtime: Runtime, text: string | undefined, options: VetoOptions): Promise<void> {
  checkTarget(text, options);
  const reason = reasonOf(options, `flotilla veto ${text ?? '--url URL --revision REVISION'}`);
  const hub = await openHub(runtime, options);
  const vetoes = await hub.documents.veto({ ...(await target(hub, text, options)), reason });
  for (const { id, url, revision } of vetoes)
    success(runtime, `veto ${id}: nobody takes ${revision} of ${url}`);
  if (options.output) await printVetoes(runtime, options.output, vetoes);
}

/** Either a release, or an address with a revision. @throws CliError */
export function checkTarget(
  release: string | undefined,
  { url, revision, pipeline }: Pick<VetoOptions, 'url' | 'revision' | 'pipeline'>,
): void {
  const usage = 'flotilla veto RELEASE, or flotilla veto --url URL --revision REVISION';
  if (release !== undefined && (url ?? revision) !== undefined)
    throw usageError('a release and --url or --revision: give one of them', usage);
  if (release !== undefined) return;
  if (url === undefined || revision === undefined)
    throw usageError(
      (url ?? revision) === undefined
        ? 'what is to be vetoed?'
        : `--${url === undefined ? 'url' : 'revision'} is missing`,
      usage,
    );
  if (pipeline !== undefined) throw usageError('--pipeline: belongs to a release', usage);
}

async function target(
  hub: HubClient,
  text: string | undefined,
  { url, revision, pipeline }: VetoOptions,
): Promise<{ url: string; revision: string } | { pipeline: string; release: string }> {
  if (text === undefined) return { url: url!, revision: revision! };
  const { findRelease } = await import('../hub/find-release.js');
  const release = await findRelease(hub, text, pipeline);
  return { pipeline: release.pipeline, release: release.id };
}

async function liftVeto(runtime: Runtime, text: string, options: VetoOptions): Promise<void> {
  const reason = reasonOf(options, `flotilla veto lift ${text}`);
  const hub = await openHub(runtime, options);
  const lifted: Veto[] = [];
  for (const id of await idsOf(hub, text)) lifted.push(await hub.documents.liftVeto(id, reason));
  for (const { id, revision, url } of lifted)
    success(runtime, `veto ${id} of ${revision} of ${url} is lifted`);
  if (options.output) await printVetoes(runtime, options.output, lifted);
}

async function printVetoes(runtime: Runtime, output: DataFormat, items: readonly Veto[]): Promise<void> {
  await printData(runtime, output, { items, nextCursor: null, total: items.length });
}

/** The vetoes in force that are meant. @throws CliError when there is none, or a beginning fits several */
async function idsOf(hub: HubClient, text: string): Promise<readonly string[]> {
  const beginning = text.toLowerCase();
  if (isWholeId(beginning)) return [beginning];
  const { items } = await hub.documents.vetoes({ state: 'InForce' });
  const found = isIdBeginning(beginning) ? items.filter(({ id }) => id.startsWith(beginning)) : [];
  const [first, ...others] = found.map(({ id }) => id);
  if (first !== undefined && others.length > 0)
    throw usageError(
      `${text} is the beginning of ${found.length} ids: ${[first, ...others].join(', ')}`,
      'give more of it',
    );
  return first === undefined ? ofRelease(hub, text) : [first];
}

async function ofRelease(hub: HubClient, text: string): Promise<readonly string[]> {
  const { findRelease } = await import('../hub/find-release.js');
  const remedy = 'flotilla get vetoes --state inforce lists them';
  const release = await findRelease(hub, text, undefined).catch((error: unknown) => {
    const missing = error instanceof CliError && error.exitCode === exitCodes.notFound;
    throw missing
      ? notFound(`no veto in force has the id ${text}, and no release is named so`, remedy)
      : error;
  });
  const ids = release.items.flatMap(({ veto }) => (veto ? [veto.id] : []));
  if (ids.length === 0) throw notFound(`release ${release.name} has no veto in force`, remedy);
  return [...new Set(ids)];
}
