import type { Command } from 'commander';
import type { HubClient } from '../hub/hub-client.js';
import { openHub } from '../hub/open-hub.js';
import type { Promotion } from '../hub/promotion-schema.js';
import { phaseCell, stateCell } from '../hub/tables/state-cells.js';
import { wavesTable } from '../hub/tables/rollouts-table.js';
import type { GlobalOptions } from '../options/global-options.js';
import { pointInTime } from '../output/age.js';
import { printFacts, printSection } from '../output/print-section.js';
import type { Cell, Table } from '../output/table.js';
import type { Runtime } from '../runtime.js';

type Options = GlobalOptions & { readonly to?: string };

/** `describe promotion ID`. */
export function addDescribePromotion(describe: Command, runtime: Runtime): void {
  describe
    .command('promotion <promotion>')
    .alias('promotions')
    .description('A promotion: its gates, approvals and rollout, what it waits for, and what can be done')
    .option('--to <environment>', 'the promotion is named by its release, and goes there')
    .addHelpText(
      'after',
      '\n  flotilla describe promotion 0199d0c4-7d1c\n  flotilla describe promotion shop-7 --to prod',
    )
    .action(async (text: string, _options, leaf: Command) =>
      describePromotion(runtime, text, leaf.optsWithGlobals()),
    );
}

async function describePromotion(runtime: Runtime, text: string, options: Options): Promise<void> {
  const [{ findPromotion }, { nextForPromotion }] = await Promise.all([
    import('../hub/find-promotion.js'),
    import('../hub/next-commands.js'),
  ]);
  const hub = await openHub(runtime, options);
  const promotion = await findPromotion(runtime, hub, { text, to: options.to });
  const [rollout, freezes] = await Promise.all([
    promotion.rollout === null ? undefined : hub.promotions.rollout(promotion.rollout.id),
    freezesInTheWay(hub, promotion),
  ]);
  const now = hub.now(runtime.now());
  printFacts(runtime, promotionFacts(promotion, now));
  printSection(runtime, 'Gates', gatesTable(promotion, now));
  printSection(runtime, 'Approvals', approvalsTable(promotion, now));
  if (rollout) printSection(runtime, `Rollout ${rollout.id} (${rollout.state})`, wavesTable(rollout, now));
  const next = nextForPromotion(promotion, rollout, freezes);
  printSection(runtime, 'What you can do', { columns: ['', ''], rows: next }, false);
}

async function freezesInTheWay(hub: HubClient, { gates }: Promotion) {
  const waits = gates.some(({ type, phase }) => type === 'freeze' && phase === 'wait');
  return waits ? (await hub.documents.freezes({ state: 'Active' })).items : [];
}

/** The facts of a promotion, one a row; what does not apply is left out. */
export function promotionFacts(promotion: Promotion, now: Date): Cell[][] {
  const { id, release, pipeline, environment, state, reason, priority, origin, requestedBy } = promotion;
  const { waitingFor, waitingUntil, delivery, createdAt, startedAt, endedAt } = promotion;
  const facts: [string, Cell | undefined][] = [
    ['Promotion:', id],
    ['Release:', release],
    ['Pipeline:', pipeline],
    ['Environment:', environment],
    ['State:', stateCell(state)],
    ['Reason:', reason || undefined],
    ['Waits for:', waitingFor || undefined],
    ['Until:', waitingUntil === null ? undefined : pointInTime(waitingUntil, now)],
    ['Git:', delivery === null ? undefined : delivery.message],
    ['Priority:', priority],
    ['Asked by:', origin === 'automatic' ? `${requestedBy} (automatic)` : requestedBy],
    ['Created:', pointInTime(createdAt, now)],
    ['Started:', startedAt === null ? undefined : pointInTime(startedAt, now)],
    ['Ended:', endedAt === null ? undefined : pointInTime(endedAt, now)],
  ];
  return facts.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
}

export function gatesTable({ gates }: Promotion, now: Date): Table {
  return {
    columns: ['STAGE', 'GATE', 'TYPE', 'PHASE', 'UNTIL', 'MESSAGE'],
    rows: gates.map(({ stage, name, type, phase, until, message }) => [
      stage,
      name,
      type,
      phaseCell(phase),
      pointInTime(until, now),
      message,
    ]),
  };
}

function approvalsTable({ approvals }: Promotion, now: Date): Table {
  return {
    columns: ['STAGE', 'BY', 'GROUPS', 'AT', 'COMMENT'],
    rows: approvals.map(({ stage, by, groups, at, comment }) => [
      stage,
      by,
      groups.join(',') || '-',
      pointInTime(at, now),
      comment,
    ]),
  };
}
