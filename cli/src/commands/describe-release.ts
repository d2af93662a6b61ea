import type { Command } from 'commander';
import { formatRef } from '@flotilla/common/kube/object';
import { CliError, exitCodes } from '../errors/cli-error.js';
import type { HubClient } from '../hub/hub-client.js';
import { openHub } from '../hub/open-hub.js';
import type { Release } from '../hub/promotion-schema.js';
import { promotionCells, promotionColumns } from '../hub/tables/promotions-table.js';
import type { GlobalOptions } from '../options/global-options.js';
import { pointInTime } from '../output/age.js';
import { printFacts, printSection } from '../output/print-section.js';
import type { Cell } from '../output/table.js';
import type { Runtime } from '../runtime.js';

type Options = GlobalOptions & { readonly pipeline?: string };

/** `describe release RELEASE`. */
export function addDescribeRelease(describe: Command, runtime: Runtime): void {
  describe
    .command('release <release>')
    .alias('releases')
    .description('A release: what is in it, where it has been promoted, and where it can go')
    .option('--pipeline <name>', 'of the release, where a commit is in several')
    .addHelpText('after', '\n  flotilla describe release shop-7\n  flotilla describe release 4f1c9b2')
    .action(async (text: string, _options, leaf: Command) =>
      describeRelease(runtime, text, leaf.optsWithGlobals()),
    );
}

async function describeRelease(runtime: Runtime, text: string, options: Options): Promise<void> {
  const [{ findRelease }, { nextForRelease }] = await Promise.all([
    import('../hub/find-release.js'),
    import('../hub/next-commands.js'),
  ]);
  const hub = await openHub(runtime, options);
  const release = await findRelease(hub, text, options.pipeline);
  const [{ items: promotions }, environments] = await Promise.all([
    hub.promotions.list({ release: release.id }),
    environmentsOf(hub, release.pipeline),
  ]);
  const now = hub.now(runtime.now());
  printFacts(runtime, releaseFacts(release, now));
  const rows = promotions.map((promotion) => promotionCells(promotion, now, promotion.id, false));
  printSection(runtime, 'Promotions', { columns: promotionColumns(false), rows });
  const next = nextForRelease(release, environments, promotions);
  printSection(runtime, 'What you can do', { columns: ['', ''], rows: next }, false);
}

/** Releases outlive their pipeline. */
async function environmentsOf(hub: HubClient, pipeline: string) {
  try {
    return (await hub.documents.pipeline(pipeline)).environments;
  } catch (error) {
    if (error instanceof CliError && error.exitCode === exitCodes.notFound) return [];
    throw error;
  }
}

function releaseFacts(release: Release, now: Date): Cell[][] {
  const { id, name, pipeline, items, createdAt, createdBy } = release;
  return [
    ['Release:', name],
    ['Id:', id],
    ['Pipeline:', pipeline],
    ['Created:', `${pointInTime(createdAt, now)} by ${createdBy}`],
    ...items.flatMap(({ source, url, revision, authors, veto }): Cell[][] => [
      ['Source:', formatRef(source)],
      ['  Address:', url || '-'],
      ['  Revision:', revision],
      ['  Authors:', authors.join(', ') || '-'],
      ...(veto
        ? [['  Vetoed:', { text: `by ${veto.requestedBy}: ${veto.reason}`, tone: 'bad' } as const]]
        : []),
    ]),
  ];
}
