import { Command, Option } from 'commander';
import { givenByKey, readFlags, syntaxOf } from '@flotilla/common/flags/flag';
import type { Flag, Flags } from '@flotilla/common/flags/flag';
import { hubFlags } from './hub-flags.js';
import type { HubConfig } from './hub-flags.js';

/** Prefix of the environment variables. */
export const environmentPrefix = 'FLOTILLA_HUB';

/** The command line of the hub; it parses text only, `readHubConfig` checks it. Throws a CommanderError where it ends. */
export function hubCommand(version: string): Command {
  const command = new Command('flotilla-hub')
    .description('The hub of a Flotilla fleet: agents dial in, people and scripts ask its REST API.')
    .version(version)
    .showHelpAfterError('(flotilla-hub --help lists every flag)')
    .allowExcessArguments(false)
    .exitOverride();
  for (const flag of Object.values(hubFlags)) command.addOption(optionOf(flag));
  return command;
}

function optionOf(flag: Flag<unknown>): Option {
  const { syntax, description, collect } = syntaxOf(environmentPrefix, flag);
  const option = new Option(syntax, description);
  return collect ? option.argParser<string | undefined>(collect) : option;
}

/** Settings from parsed options and the environment. @throws InvalidFlagError */
export function readHubConfig(
  given: Readonly<Record<string, string | undefined>>,
  environment: Readonly<Record<string, string | undefined>>,
): HubConfig {
  return readFlags(environmentPrefix, hubFlags satisfies Flags, givenByKey(hubFlags, given), environment);
}
