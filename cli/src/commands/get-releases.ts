import type { Command } from 'commander';
import { findRelease } from '../hub/find-release.js';
import { openHub } from '../hub/open-hub.js';
import { releaseCells, releaseColumns } from '../hub/tables/releases-table.js';
import type { GlobalOptions } from '../options/global-options.js';
import type { TableOptions, WatchOptions } from '../options/output-options.js';
import { withTable, withWatch } from '../options/output-options.js';
import { collect, wholeNumber } from '../options/parsers.js';
import type { Runtime } from '../runtime.js';
import { showNamed } from './show-named.js';

interface GetReleasesOptions extends GlobalOptions, TableOptions, WatchOptions {
  readonly pipeline?: readonly string[];
  readonly limit: number;
}

/** `get releases [NAME]`. */
export function addGetReleases(get: Command, runtime: Runtime): void {
  const command = get
    .command('releases [release]')
    .alias('release')
    .description('Releases, newest first; one by name, id or commit')
    .option('--pipeline <names>', 'pipelines, several between commas', collect)
    .option('--limit <number>', 'how many at most', wholeNumber(1, 100_000), 100)
    .addHelpText('after', '\n  flotilla get releases --pipeline shop\n  flotilla get releases 4f1c9b2');
  withWatch(withTable(command)).action(async (name: string | undefined, _options, leaf: Command) =>
    getReleases(runtime, name, leaf.optsWithGlobals()),
  );
}

async function getReleases(
  runtime: Runtime,
  name: string | undefined,
  options: GetReleasesOptions,
): Promise<void> {
  const { pipeline, limit } = options;
  const hub = await openHub(runtime, options);
  await showNamed(
    runtime,
    {
      hub,
      name,
      // With a name it tells the releases of a commit apart.
      filters: {},
      one: (wanted) => findRelease(hub, wanted, pipeline),
      list: () => hub.promotions.releases({ pipeline }, limit),
      columns: releaseColumns,
      cells: releaseCells,
      keyOf: (release) => release.name,
      topics: ['releases'],
      empty: 'no releases; flotilla release create makes one',
    },
    options,
  );
}
