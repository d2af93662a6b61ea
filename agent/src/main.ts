import { InvalidFlagError } from '@flotilla/common/flags/flag';
import { agentCommand } from './config/agent-command.js';
import type { AgentConfig } from './config/agent-flags.js';
import { crdFiles } from './crds/crd-files.js';
import { HubConfigError } from './hub-membership.js';
import { runAgent } from './run-agent.js';
import { agentVersion } from './version.js';

/** Runs the command line. Gives the exit code: 2 for a wrong flag, 1 for any other failure. */
export async function main(argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  let code = 0;
  const command = agentCommand(agentVersion, environment, { run, crds }, (result) => {
    code = result;
  });
  try {
    await command.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    process.stderr.write(`flotilla-agent: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof InvalidFlagError || error instanceof HubConfigError ? 2 : 1;
  }
}

async function run(config: AgentConfig): Promise<number> {
  await runAgent(config, untilSignal());
  return 0;
}

function crds(): number {
  process.stdout.write(
    crdFiles()
      .map(({ text }) => text)
      .join(''),
  );
  return 0;
}

/** The first signal asks to stop, a second one insists. */
function untilSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(1);
      controller.abort();
    });
  }
  return controller.signal;
}
