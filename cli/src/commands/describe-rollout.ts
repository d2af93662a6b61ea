import type { Command } from 'commander';
import { shortenRevision } from '@flotilla/common/revision/revision';
import { openHub } from '../hub/open-hub.js';
import type { Rollout } from '../hub/promotion-schema.js';
import { countsText } from '../hub/tables/counts-text.js';
import { membersTable, wavesTable } from '../hub/tables/rollouts-table.js';
import { stateCell } from '../hub/tables/state-cells.js';
import type { GlobalOptions } from '../options/global-options.js';
import { pointInTime } from '../output/age.js';
import { printFacts, printSection } from '../output/print-section.js';
import type { Cell } from '../output/table.js';
import type { Runtime } from '../runtime.js';

type Options = GlobalOptions & { readonly to?: string };

/** `describe rollout ID`. */
export function addDescribeRollout(describe: Command, runtime: Runtime): void {
  describe
    .command('rollout <rollout>')
    .alias('rollouts')
    .description('A rollout: its waves, its clusters with what each of them does, and what can be done')
    .option('--to <environment>', 'the rollout is named by its release, and goes there')
    .addHelpText(
      'after',
      '\n  flotilla describe rollout 0199d0c4-7d1c\n  flotilla describe rollout shop-7 --to prod',
    )
    .action(async (text: string, _options, leaf: Command) =>
      describeRollout(runtime, text, leaf.optsWithGlobals()),
    );
}

async function describeRollout(runtime: Runtime, text: string, options: Options): Promise<void> {
  const [{ findRollout }, { nextForRollout }] = await Promise.all([
    import('../hub/find-rollout.js'),
    import('../hub/next-commands.js'),
  ]);
  const hub = await openHub(runtime, options);
  const { id } = await findRollout(runtime, hub, { text, to: options.to });
  const rollout = await hub.promotions.rollout(id);
  const now = hub.now(runtime.now());
  printFacts(runtime, rolloutFacts(rollout, now));
  printSection(runtime, 'Waves', wavesTable(rollout, now));
  printSection(runtime, 'Clusters', membersTable(rollout, now));
  printSection(runtime, 'What you can do', { columns: ['', ''], rows: nextForRollout(rollout) }, false);
}

/** The facts of a rollout, one a row; what does not apply is left out. */
export function rolloutFacts(rollout: Rollout, now: Date): Cell[][] {
  const { id, promotion, release, pipeline, environment, kind, delivery, state, reason } = rollout;
  const { items, clusters, requestedBy, breakGlass, startedAt, createdAt, finishedAt } = rollout;
  const facts: [string, Cell | undefined][] = [
    ['Rollout:', id],
    ['Promotion:', promotion],
    ['Release:', release],
    ['Pipeline:', pipeline],
    ['Environment:', environment],
    ['Kind:', `${kind}, delivery ${delivery}`],
    ['State:', stateCell(state)],
    ['Reason:', reason || undefined],
    ['Clusters:', countsText(clusters)],
    ...items.map(({ source, revision }): [string, Cell] => [
      'Moves:',
      `${source.kind}/${source.namespace}/${source.name} to ${shortenRevision(revision)}`,
    ]),
    ['Break-glass:', breakGlass ? { text: 'two people let it pass a freeze', tone: 'warning' } : undefined],
    ['Asked by:', requestedBy],
    ['Started:', pointInTime(startedAt ?? createdAt, now)],
    ['Ended:', finishedAt === null ? undefined : pointInTime(finishedAt, now)],
  ];
  return facts.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
}
