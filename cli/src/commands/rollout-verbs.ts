import type { Command } from 'commander';
import { Option } from 'commander';
import { usageError } from '../errors/cli-error.js';
import type { RolloutCommand } from '../hub/promotion-api.js';
import type { GlobalOptions } from '../options/global-options.js';
import { movementWords, wordsText } from '../options/movement-words.js';
import type { DataOptions } from '../options/output-options.js';
import { withData } from '../options/output-options.js';
import { reasonOf } from '../options/reason.js';
import { isIdBeginning } from '../output/short-ids.js';
import type { Runtime } from '../runtime.js';

interface VerbOptions extends GlobalOptions, DataOptions {
  readonly to?: string;
  readonly reason?: string;
  readonly failed?: boolean;
  readonly wait?: boolean;
}

interface Verb {
  readonly name: string;
  readonly command: RolloutCommand;
  readonly description: string;
  readonly example: string;
  /** Without it nothing is done. */
  readonly needsReason?: boolean;
  /** The end that --wait waits for. */
  readonly wanted?: 'Promoted' | 'RolledBack';
}

const verbs: readonly Verb[] = [
  {
    name: 'pause',
    command: 'pause',
    description: 'Let a rollout begin no further cluster; what moves is watched on',
    example: 'flotilla pause 0199d0c4-7d1c\n  flotilla pause rollout shop-7 --to prod',
  },
  {
    name: 'retry',
    command: 'retry-failed',
    description: 'Try exactly the failed clusters of a rollout again, with the same revisions',
    example: 'flotilla retry 0199d0c4-7d1c --failed\n  flotilla retry shop-7 --to prod --failed --wait',
    wanted: 'Promoted',
  },
  {
    name: 'rollback',
    command: 'rollback',
    description:
      'Take every touched cluster of a rollout back to its own last good revision, in reverse order',
    example: 'flotilla rollback shop-7 --to prod --reason "errors at checkout" --wait',
    needsReason: true,
    wanted: 'RolledBack',
  },
  {
    name: 'skip-wave',
    command: 'skip-wave',
    description: 'Let a rollout go on with the next wave, without the clusters of this one that wait',
    example: 'flotilla skip-wave 0199d0c4-7d1c --reason "canary-2 is being repaired"',
  },
];

/** `pause`, `retry --failed`, `rollback` and `skip-wave` of a rollout. */
export function addRolloutVerbs(program: Command, runtime: Runtime): void {
  for (const verb of verbs) {
    const { name, description } = verb;
    const command = program.command(name).description(description);
    if (name === 'retry') command.option('--failed', 'exactly the failed clusters; has to be said');
    configure(command, verb, `[rollout] ROLLOUT [options]`).action(
      async (words: string[], _options, leaf: Command) => {
        const options = leaf.optsWithGlobals<VerbOptions>();
        const { text } = movementWords(name, words);
        if (name === 'retry' && !options.failed)
          throw usageError(
            'retry: only failed clusters are tried again',
            `say so: flotilla retry ${wordsText(text, options.to)} --failed`,
          );
        await carryOut(runtime, verb, text, options);
      },
    );
  }
}

/** `resume rollout ROLLOUT`, and `resume ROLLOUT` as its short form. */
export function addResumeRollout(resume: Command, runtime: Runtime): void {
  const verb: Verb = {
    name: 'resume',
    command: 'resume',
    description: 'Let a rollout that was paused go on; it bears the clusters that have failed so far',
    example: 'flotilla resume rollout 0199d0c4-7d1c\n  flotilla resume rollout shop-7 --to prod --wait',
    wanted: 'Promoted',
  };
  const run = async (words: readonly string[], leaf: Command) =>
    carryOut(runtime, verb, movementWords('resume', words).text, leaf.optsWithGlobals());
  const command = resume.command('rollout').alias('rollouts').description(verb.description);
  configure(command, verb, 'ROLLOUT [options]').action((words: string[], _options, leaf: Command) =>
    run(words, leaf),
  );
  resume
    .usage('kustomization|source|rollout ... | ROLLOUT [options]')
    .argument('[rollout...]', 'a rollout that goes on, as with "resume rollout"')
    .addOption(new Option('--to <environment>').hideHelp())
    .addOption(new Option('--reason <text>').hideHelp())
    .addOption(new Option('--wait').hideHelp())
    .addHelpText('after', '\n  flotilla resume kustomization apps\n  flotilla resume 0199d0c4-7d1c')
    .action((words: string[], _options, leaf: Command) => {
      if (words.length === 0) return resume.help({ error: true });
      checkShortForm(words, leaf.optsWithGlobals());
      return run(words, leaf);
    });
}

/** Only what can be nothing else is a rollout: a mistyped kind must not become one. @throws CliError */
export function checkShortForm(words: readonly string[], { to }: Pick<VerbOptions, 'to'>): void {
  const [word = ''] = words;
  if (words.length === 1 && (to !== undefined || isIdBeginning(word))) return;
  throw usageError(
    `resume ${word}: is no kind, and no beginning of an id`,
    'flotilla resume kustomization NAME, resume source git NAME, or resume rollout ID',
  );
}

function configure(command: Command, { name, example, needsReason, wanted }: Verb, usage: string): Command {
  command
    .usage(usage)
    .argument(
      '<rollout...>',
      'id of the rollout or of its promotion, a beginning of it that is enough, or a release',
    )
    .option('--to <environment>', 'the rollout is named by its release, and goes there')
    .option('--reason <text>', `why; stands in the audit trail${needsReason ? '' : ' (optional)'}`);
  if (wanted !== undefined)
    command.option(
      '--wait',
      `follow the promotion to its end: 0 ${wanted}, 1 any other end, 5 after --timeout`,
    );
  return withData(command).addHelpText(
    'after',
    `\n  ${example}${name === 'pause' ? '\n\n"flotilla resume rollout" goes on.' : ''}`,
  );
}

async function carryOut(runtime: Runtime, verb: Verb, text: string, options: VerbOptions): Promise<void> {
  const { command, wanted, needsReason } = verb;
  const { reason } = options;
  const { commandRollout } = await import('../hub/command-rollout.js');
  await commandRollout(runtime, options, {
    command,
    name: { text, to: options.to },
    reason: needsReason ? reasonOf(options, `flotilla ${verb.name} ${wordsText(text, options.to)}`) : reason,
    ...(options.wait && wanted !== undefined ? { wanted } : {}),
    ...(options.output ? { output: options.output } : {}),
  });
}
