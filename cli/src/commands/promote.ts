import type { Command } from 'commander';
import { openHub } from '../hub/open-hub.js';
import type { GlobalOptions } from '../options/global-options.js';
import type { DataOptions } from '../options/output-options.js';
import { withData } from '../options/output-options.js';
import { printData } from '../output/print-data.js';
import { hint, success } from '../output/progress.js';
import type { Runtime } from '../runtime.js';

interface PromoteOptions extends GlobalOptions, DataOptions {
  readonly to: string;
  readonly pipeline?: string;
  readonly hotfix?: boolean;
  readonly wait?: boolean;
}

/** `promote RELEASE --to ENVIRONMENT`. */
export function addPromote(program: Command, runtime: Runtime): void {
  const command = program
    .command('promote <release>')
    .description('Bring a release into an environment: by name, id, or a commit that only it holds')
    .requiredOption('--to <environment>', 'where')
    .option('--pipeline <name>', 'of the release, where a commit is in several')
    .option('--hotfix', 'before everything that waits; through no gate, and into no rollout')
    .option('--wait', 'follow it to its end: 0 promoted, 1 any other end, 5 after --timeout');
  withData(command)
    .addHelpText(
      'after',
      `
  flotilla promote shop-7 --to staging
  flotilla promote $(git rev-parse HEAD) --pipeline shop --to prod --hotfix --wait --timeout 1h`,
    )
    .action(async (release: string, _options, leaf: Command) =>
      promote(runtime, release, leaf.optsWithGlobals()),
    );
}

async function promote(runtime: Runtime, text: string, options: PromoteOptions): Promise<void> {
  const { to: environment, pipeline, hotfix, wait, timeout, output } = options;
  const [{ findRelease }, { followPromotion, progressLine }] = await Promise.all([
    import('../hub/find-release.js'),
    import('../hub/follow-promotion.js'),
  ]);
  const hub = await openHub(runtime, options);
  const release = await findRelease(hub, text, pipeline);
  let promotion = await hub.promotions.create({
    pipeline: pipeline ?? release.pipeline,
    environment,
    release: release.id,
    ...(hotfix ? { priority: 'hotfix' as const } : {}),
  });
  const { id } = promotion;
  success(runtime, `promotion ${id}: ${progressLine(promotion)}`);
  if (!wait) hint(runtime, `flotilla describe promotion ${id} shows what it waits for`);
  else promotion = await followPromotion(runtime, hub, { id, timeoutMs: timeout });
  if (output) await printData(runtime, output, promotion);
}
