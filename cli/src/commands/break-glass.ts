import type { Command } from 'commander';
import { openHub } from '../hub/open-hub.js';
import type { GlobalOptions } from '../options/global-options.js';
import type { DataOptions } from '../options/output-options.js';
import { withData } from '../options/output-options.js';
import { reasonOf } from '../options/reason.js';
import { pointInTime } from '../output/age.js';
import { printData } from '../output/print-data.js';
import { success, waiting } from '../output/progress.js';
import type { Runtime } from '../runtime.js';

interface BreakGlassOptions extends GlobalOptions, DataOptions {
  readonly promotion: string;
  readonly to?: string;
  readonly reason?: string;
}

/** `break-glass FREEZE --promotion P --reason TEXT`. */
export function addBreakGlass(program: Command, runtime: Runtime): void {
  const command = program
    .command('break-glass <freeze>')
    .description(
      'Let one promotion pass a freeze: one person asks, and another one confirms by the same command',
    )
    .requiredOption('--promotion <promotion>', 'id, a beginning of it that is enough, or a release')
    .option('--to <environment>', 'the promotion is named by its release, and goes there')
    .option('--reason <text>', 'why; stands in the audit trail');
  withData(command)
    .addHelpText(
      'after',
      '\n  flotilla break-glass holidays --promotion shop-7 --to prod --reason "the shop is down"',
    )
    .action(async (freeze: string, _options, leaf: Command) =>
      breakGlass(runtime, freeze, leaf.optsWithGlobals()),
    );
}

async function breakGlass(runtime: Runtime, name: string, options: BreakGlassOptions): Promise<void> {
  const reason = reasonOf(options, `flotilla break-glass ${name} --promotion ${options.promotion}`);
  const { findPromotion } = await import('../hub/find-promotion.js');
  const hub = await openHub(runtime, options);
  const promotion = await findPromotion(runtime, hub, { text: options.promotion, to: options.to });
  const freeze = await hub.documents.breakGlass(name, { promotion: promotion.id, reason });
  const glass = freeze.breakGlass.find((one) => one.promotion === promotion.id);
  const what = `promotion ${promotion.id} of ${promotion.release} to ${promotion.environment}`;
  if (glass?.state === 'Granted')
    success(
      runtime,
      `${what} passes freeze ${name}: ${glass.requestedBy} has asked, ${glass.grantedBy} has confirmed`,
    );
  else {
    const until = glass ? ` until ${pointInTime(glass.expiresAt, hub.now(runtime.now()))}` : '';
    waiting(runtime, `asked to let ${what} pass freeze ${name}; another person has to confirm${until}:`);
    waiting(runtime, `flotilla break-glass ${name} --promotion ${promotion.id} --reason TEXT`);
  }
  if (options.output) await printData(runtime, options.output, freeze);
}
