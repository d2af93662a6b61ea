import { InvalidFlagError } from '@flotilla/common/flags/flag';
import { folderError } from '@flotilla/common/flags/folder-error';
import { CommanderError } from 'commander';
import { agentCommand } from './config/agent-command.js';
import type { AgentConfig } from './config/agent-flags.js';
import { crdFiles } from './crds/crd-files.js';
import { HubConfigError } from './hub-membership.js';
import { keepHeapLean } from './lean-heap.js';
import { runAgent } from './run-agent.js';
import { agentVersion } from './version.js';

/** Runs the command line. Gives the exit code: 2 for a wrong flag, 1 for any other failure. */
export async function main(argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  // gRPC names a hub by its address to TLS, which works; the warning would stand between the lines of the log.
  Object.assign(process, { noDeprecation: true });
  let code = 0;
  const command = agentCommand(agentVersion, environment, { run, crds }, (result) => {
    code = result;
  });
  try {
    await command.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    // It has said already what there is to say: the help, the version, or which flag is wrong.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    process.stderr.write(`flotilla-agent: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof InvalidFlagError || error instanceof HubConfigError ? 2 : 1;
  }
}

async function run(config: AgentConfig): Promise<number> {
  keepHeapLean();
  try {
    await runAgent(config, untilSignal());
    return 0;
  } catch (error) {
    throw folderError(error, '--storage-path', config.storagePath);
  }
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
