import type { Command } from 'commander';
import type { HubClient } from '../hub/hub-client.js';
import { openHub } from '../hub/open-hub.js';
import type { Promotion } from '../hub/promotion-schema.js';
import type { GlobalOptions } from '../options/global-options.js';
import { wordsText } from '../options/movement-words.js';
import type { DataOptions } from '../options/output-options.js';
import { withData } from '../options/output-options.js';
import { reasonOf } from '../options/reason.js';
import { printData } from '../output/print-data.js';
import { success } from '../output/progress.js';
import type { Runtime } from '../runtime.js';

interface ApproveOptions extends GlobalOptions, DataOptions {
  readonly to?: string;
  readonly comment?: string;
  readonly reason?: string;
  readonly wait?: boolean;
}

const grammar = `
PROMOTION is its id, a beginning of it that is enough, or a release:`;

/** `approve PROMOTION`. */
export function addApprove(program: Command, runtime: Runtime): void {
  const command = program
    .command('approve <promotion>')
    .description('Approve a promotion in your own name; authors of the release may not')
    .option('--to <environment>', 'the promotion is named by its release, and goes there')
    .option('--comment <text>', 'shown with the approval')
    .option('--wait', 'follow it to its end: 0 promoted, 1 any other end, 5 after --timeout');
  withData(command)
    .addHelpText(
      'after',
      `${grammar}

  flotilla approve 0199d0c4-7d1c
  flotilla approve shop-7 --to prod --comment "looked at staging" --wait`,
    )
    .action(async (promotion: string, _options, leaf: Command) =>
      approve(runtime, promotion, leaf.optsWithGlobals()),
    );
}

/** `reject PROMOTION --reason TEXT`. */
export function addReject(program: Command, runtime: Runtime): void {
  const command = program
    .command('reject <promotion>')
    .description('Refuse a promotion that waits for approval: it ends, or goes back after its rollout')
    .option('--to <environment>', 'the promotion is named by its release, and goes there')
    .option('--reason <text>', 'why; people see it with the promotion');
  withData(command)
    .addHelpText('after', `${grammar}\n\n  flotilla reject shop-7 --to prod --reason "breaks the login"`)
    .action(async (promotion: string, _options, leaf: Command) =>
      reject(runtime, promotion, leaf.optsWithGlobals()),
    );
}

async function approve(runtime: Runtime, text: string, options: ApproveOptions): Promise<void> {
  const { comment, wait, timeout } = options;
  const { hub, found } = await find(runtime, text, options);
  const { id, release, environment } = found;
  let promotion = await hub.promotions.approve(id, { comment, release });
  success(runtime, `promotion ${id} of ${release} to ${environment} approved`);
  const { followPromotion, progressLine } = await import('../hub/follow-promotion.js');
  if (wait) promotion = await followPromotion(runtime, hub, { id, timeoutMs: timeout });
  else success(runtime, progressLine(promotion));
  if (options.output) await printData(runtime, options.output, promotion);
}

async function reject(runtime: Runtime, text: string, options: ApproveOptions): Promise<void> {
  const reason = reasonOf(options, `flotilla reject ${wordsText(text, options.to)}`);
  const { hub, found } = await find(runtime, text, options);
  const promotion = await hub.promotions.reject(found.id, reason);
  const { id, release, environment, state } = promotion;
  success(runtime, `promotion ${id} of ${release} to ${environment} rejected: it is ${state}`);
  if (options.output) await printData(runtime, options.output, promotion);
}

async function find(
  runtime: Runtime,
  text: string,
  options: ApproveOptions,
): Promise<{ readonly hub: HubClient; readonly found: Promotion }> {
  const { findPromotion } = await import('../hub/find-promotion.js');
  const hub = await openHub(runtime, options);
  return { hub, found: await findPromotion(runtime, hub, { text, to: options.to }) };
}
