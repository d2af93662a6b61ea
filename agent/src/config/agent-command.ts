import { type Flag, givenByKey, readFlags, syntaxOf } from '@flotilla/common/flags/flag';
import { Command, Option } from 'commander';
import { type AgentConfig, agentFlags, agentPrefix } from './agent-flags.js';

export interface AgentCommands {
  /** Reconcile until stopped. */
  run: (config: AgentConfig) => Promise<number>;
  /** Print the CRDs. */
  crds: () => number;
}

/** The command line of the agent. `exit` gets the code of the command that ran. */
export function agentCommand(
  version: string,
  environment: Readonly<Record<string, string | undefined>>,
  commands: AgentCommands,
  exit: (code: number) => void,
): Command {
  const command = new Command('flotilla-agent')
    .description(
      'Reconciles one cluster from Git with Flux-compatible APIs; with --hub-address it is part of a fleet.',
    )
    .version(version)
    .showHelpAfterError('(flotilla-agent --help lists every flag)')
    .allowExcessArguments(false)
    .exitOverride()
    .action(async (given: Given) => {
      exit(
        await commands.run(readFlags(agentPrefix, agentFlags, givenByKey(agentFlags, given), environment)),
      );
    });
  for (const flag of Object.values(agentFlags)) command.addOption(optionOf(flag));
  command
    .command('crds')
    .description('Print the CustomResourceDefinitions of every kind, for kubectl apply -f -.')
    .action(() => exit(commands.crds()));
  return command;
}

function optionOf(flag: Flag<unknown>): Option {
  const { syntax, description, collect } = syntaxOf(agentPrefix, flag);
  const option = new Option(syntax, description);
  // Flux has flags that start with "no-"; commander would take them for the opposite of another flag.
  option.negate = false;
  return collect ? option.argParser<string | undefined>(collect) : option;
}

type Given = Readonly<Record<string, string | true | undefined>>;
