import type { Command } from 'commander';
import { openHub } from '../hub/open-hub.js';
import type { GlobalOptions } from '../options/global-options.js';
import { movementWords, wordsText } from '../options/movement-words.js';
import type { DataOptions } from '../options/output-options.js';
import { withData } from '../options/output-options.js';
import { reasonOf } from '../options/reason.js';
import { printData } from '../output/print-data.js';
import { success } from '../output/progress.js';
import type { Runtime } from '../runtime.js';

interface AbortOptions extends GlobalOptions, DataOptions {
  readonly to?: string;
  readonly reason?: string;
}

/** `abort PROMOTION|ROLLOUT --reason TEXT`. */
export function addAbort(program: Command, runtime: Runtime): void {
  const command = program
    .command('abort')
    .usage('[promotion|rollout] PROMOTION|ROLLOUT --reason TEXT [options]')
    .description('End a promotion: what waits goes nowhere; a rollout stops, clusters stay where they are')
    .argument(
      '<promotion...>',
      'id of a promotion or rollout, a beginning of it that is enough, or a release',
    )
    .option('--to <environment>', 'the promotion is named by its release, and goes there')
    .option('--reason <text>', 'why; people see it with the promotion');
  withData(command)
    .addHelpText(
      'after',
      `
A promotion whose clusters are on their way back is stopped with its rollout: abort rollout ID.

  flotilla abort 0199d0c4-7d1c --reason "wrong release"
  flotilla abort shop-7 --to prod --reason "wrong release"`,
    )
    .action(async (words: string[], _options, leaf: Command) =>
      abort(runtime, words, leaf.optsWithGlobals()),
    );
}

async function abort(runtime: Runtime, words: readonly string[], options: AbortOptions): Promise<void> {
  const { kind, text } = movementWords('abort', words);
  const reason = reasonOf(options, `flotilla abort ${wordsText(words.join(' '), options.to)}`);
  const [{ findMovement }, { findRollout }, { tellRollout }] = await Promise.all([
    import('../hub/find-promotion.js'),
    import('../hub/find-rollout.js'),
    import('../hub/command-rollout.js'),
  ]);
  const hub = await openHub(runtime, options);
  const name = { text, to: options.to };
  const { output } = options;
  const action = { command: 'abort', reason, ...(output ? { output } : {}) } as const;
  if (kind === 'rollout') {
    const { id } = await findRollout(runtime, hub, name);
    return tellRollout(runtime, hub, id, action, options.timeout);
  }
  const kinds = kind === 'promotion' ? ([kind] as const) : (['promotion', 'rollout'] as const);
  const found = await findMovement(runtime, hub, name, kinds);
  if (found.kind === 'rollout') return tellRollout(runtime, hub, found.rollout.id, action, options.timeout);
  const promotion = await hub.promotions.abort(found.promotion.id, reason);
  const { id, release, environment, state } = promotion;
  success(runtime, `promotion ${id} of ${release} to ${environment} is asked to end: it is ${state}`);
  if (output) await printData(runtime, output, promotion);
}
