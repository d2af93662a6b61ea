import { InvalidFlagError } from '@flotilla/common/flags/flag';
import { CommanderError } from 'commander';
import { hubCommand, readHubConfig } from './platform/config/parse-config.js';
import { createLogger } from './platform/logging/logger.js';
import { startHub } from './start-hub.js';
import { hubVersion } from './version.js';

/** Kubernetes gives 30 seconds between SIGTERM and SIGKILL. */
const stopMs = 25_000;

/** Runs the hub until a signal stops it. Gives the exit code: 2 for a wrong flag, 1 for any other failure. */
export async function main(argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  try {
    const command = hubCommand(hubVersion).parse(argv, { from: 'user' });
    const config = readHubConfig(command.opts(), environment);
    const logger = createLogger(config.logLevel);
    const stopping = untilSignal();
    process.on('unhandledRejection', (err) => {
      logger.fatal({ err }, 'unhandled rejection');
      process.exit(1);
    });
    const hub = await startHub({ config, logger });
    const { httpUrl: http, agentAddress: agents, enrolAddress: enrolment } = hub;
    logger.info({ version: hubVersion, http, agents, enrolment }, 'hub is up');
    const signal = await stopping;
    logger.info({ signal }, 'hub is stopping');
    await hub.stop();
    return 0;
  } catch (error) {
    // It has said already what there is to say: the help, the version, or which flag is wrong.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    process.stderr.write(`flotilla-hub: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof InvalidFlagError ? 2 : 1;
  }
}

/** The first signal asks to stop, also while the hub starts; a second one, or that it takes too long, insists. */
async function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false;
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      process.on(name, () => {
        if (asked) process.exit(1);
        asked = true;
        setTimeout(() => process.exit(1), stopMs).unref();
        resolve(name);
      });
    }
  });
}
