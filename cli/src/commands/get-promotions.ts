import type { Command } from 'commander';
import { findPromotion } from '../hub/find-promotion.js';
import { openHub } from '../hub/open-hub.js';
import { promotionStates } from '@flotilla/common/fleet-api/promotion-state';
import { promotionCells, promotionColumns } from '../hub/tables/promotions-table.js';
import type { GlobalOptions } from '../options/global-options.js';
import type { TableOptions, WatchOptions } from '../options/output-options.js';
import { withTable, withWatch } from '../options/output-options.js';
import { collect, wholeNumber, wordsOf } from '../options/parsers.js';
import type { Runtime } from '../runtime.js';
import { showNamed } from './show-named.js';

interface GetPromotionsOptions extends GlobalOptions, TableOptions, WatchOptions {
  readonly pipeline?: readonly string[];
  readonly environment?: readonly string[];
  readonly state?: readonly string[];
  readonly release?: readonly string[];
  readonly limit: number;
}

/** `get promotions [ID]`. */
export function addGetPromotions(get: Command, runtime: Runtime): void {
  const command = get
    .command('promotions [id]')
    .alias('promotion')
    .description('Promotions of releases to environments, newest first: state, and what they wait for')
    .option('--pipeline <names>', 'pipelines, several between commas', collect)
    .option('--environment <names>', 'environments, several between commas', collect)
    .option('--state <words>', `any of ${promotionStates.join(', ')}`, wordsOf(promotionStates))
    .option('--release <names>', 'releases by name or id, several between commas', collect)
    .option('--limit <number>', 'how many at most', wholeNumber(1, 100_000), 100)
    .addHelpText(
      'after',
      '\n  flotilla get promotions --state gating\n  flotilla get promotions --environment prod --watch',
    );
  withWatch(withTable(command, ['table', 'wide', 'json', 'yaml'])).action(
    async (id: string | undefined, _options, leaf: Command) =>
      getPromotions(runtime, id, leaf.optsWithGlobals()),
  );
}

async function getPromotions(
  runtime: Runtime,
  name: string | undefined,
  options: GetPromotionsOptions,
): Promise<void> {
  const { pipeline, environment, state, release, limit } = options;
  const filters = { pipeline, environment, state, release };
  const wide = options.output === 'wide';
  const hub = await openHub(runtime, options);
  let known: string | undefined;
  await showNamed(
    runtime,
    {
      hub,
      name,
      filters,
      one: async (text) => {
        known ??= (await findPromotion(runtime, hub, { text })).id;
        return hub.promotions.get(known);
      },
      list: () => hub.promotions.list(filters, limit),
      columns: promotionColumns(wide),
      cells: (promotion, now, id) => promotionCells(promotion, now, id, wide),
      keyOf: (promotion) => promotion.id,
      longKeys: true,
      topics: ['promotions', 'rollouts'],
      empty: 'no promotions; flotilla promote RELEASE --to ENVIRONMENT makes one',
    },
    options,
  );
}
