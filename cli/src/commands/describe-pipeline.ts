import type { Command } from 'commander';
import { formatRef } from '@flotilla/common/kube/object';
import type { Pipeline } from '../hub/document-schema.js';
import { isEnd } from '../hub/promotion-states.js';
import { openHub } from '../hub/open-hub.js';
import { pipelineColumns, pipelineRows } from '../hub/tables/pipelines-table.js';
import { promotionCells, promotionColumns } from '../hub/tables/promotions-table.js';
import { releaseCells, releaseColumns } from '../hub/tables/releases-table.js';
import type { GlobalOptions } from '../options/global-options.js';
import { ago, pointInTime } from '../output/age.js';
import { printFacts, printSection } from '../output/print-section.js';
import type { Cell, Table } from '../output/table.js';
import type { Runtime } from '../runtime.js';

const newest = 5;

/** `describe pipeline NAME`. */
export function addDescribePipeline(describe: Command, runtime: Runtime): void {
  describe
    .command('pipeline <name>')
    .alias('pipelines')
    .description('A pipeline: what is in which environment, promotions under way, newest releases, watches')
    .addHelpText('after', '\n  flotilla describe pipeline shop')
    .action(async (name: string, _options, leaf: Command) =>
      describePipeline(runtime, name, leaf.optsWithGlobals()),
    );
}

async function describePipeline(runtime: Runtime, name: string, options: GlobalOptions): Promise<void> {
  const hub = await openHub(runtime, options);
  const [pipeline, promotions, releases] = await Promise.all([
    hub.documents.pipeline(name),
    hub.promotions.list({ pipeline: name }, 100),
    hub.promotions.releases({ pipeline: name }, newest),
  ]);
  const now = hub.now(runtime.now());
  const open = promotions.items.filter(({ state }) => !isEnd(state));
  const ended = promotions.items.filter(({ state }) => isEnd(state)).slice(0, newest);
  const table = (items: typeof open): Table => ({
    columns: promotionColumns(false),
    rows: items.map((promotion) => promotionCells(promotion, now, promotion.id, false)),
  });
  printFacts(runtime, pipelineFacts(pipeline, now));
  const environments = {
    columns: pipelineColumns.slice(2),
    rows: pipelineRows(pipeline, now).map((row) => row.slice(2)),
  };
  printSection(runtime, 'Environments', environments);
  printSection(runtime, 'Promotions under way', table(open));
  printSection(runtime, 'Promotions that ended last', table(ended));
  const rows = releases.items.map((release) => releaseCells(release, now));
  printSection(runtime, 'Newest releases', { columns: releaseColumns, rows });
  printSection(runtime, 'Watches', watchesTable(pipeline, now));
  const next = open.map(({ id }) => [
    `flotilla describe promotion ${id}`,
    'what it waits for, and what can be done',
  ]);
  printSection(runtime, 'What you can do', { columns: ['', ''], rows: next }, false);
}

function pipelineFacts(pipeline: Pipeline, now: Date): Cell[][] {
  const { name, spec, generation, latestRelease, updatedAt, updatedBy, origin } = pipeline;
  return [
    ['Pipeline:', name],
    ...spec.sources.map((source): Cell[] => ['Source:', formatRef(source)]),
    ['Newest release:', latestRelease ?? '-'],
    ['Generation:', String(generation)],
    ['Changed:', `${pointInTime(updatedAt, now)} by ${updatedBy}`],
    ...(origin ? [['From:', `${origin.repository}, ${origin.path}`]] : []),
  ];
}

function watchesTable({ watches }: Pipeline, now: Date): Table {
  return {
    columns: ['SOURCE', 'URL', 'BRANCH', 'COMMIT', 'CHECKED', 'MESSAGE'],
    rows: watches.map(({ source, url, branch, commit, checkedAt, message }) => [
      source,
      url,
      branch,
      commit?.slice(0, 8) ?? '-',
      ago(checkedAt, now),
      { text: message, tone: 'bad' },
    ]),
  };
}
