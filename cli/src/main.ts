import { CommanderError } from 'commander';
import { Answered, exitCodes } from './errors/cli-error.js';
import { describeError } from './errors/describe-error.js';
import { failed } from './output/progress.js';
import { processTerminal } from './output/terminal.js';
import { createProgram } from './program.js';
import type { Runtime } from './runtime.js';

/** Runs the command line; gives the exit code. */
export async function main(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  endWithReader();
  const terminal = processTerminal(env);
  const runtime: Runtime = { env, terminal, signal: untilSignal(), now: () => new Date() };
  try {
    await createProgram(runtime).parseAsync(argv, { from: 'user' });
    return runtime.signal.aborted ? exitCodes.interrupted : exitCodes.ok;
  } catch (error) {
    const code = report(runtime, error);
    // Where 2 is an answer, a wrong command line must not look like it.
    const isAnswer = error instanceof Answered || code !== exitCodes.usage || !argv.includes('--exit-code');
    return isAnswer ? code : exitCodes.failed;
  }
}

function report(runtime: Runtime, error: unknown): number {
  if (runtime.signal.aborted) return exitCodes.interrupted;
  if (error instanceof Answered) return error.exitCode;
  // The text has been written already; help and version are no errors.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  const { message, remedy, exitCode } = describeError(error);
  failed(runtime, message);
  if (remedy) runtime.terminal.err(`  ${remedy}\n`);
  return exitCode;
}

/** The first signal asks to stop, a second one insists. */
function untilSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(exitCodes.interrupted);
      controller.abort();
    });
  }
  return controller.signal;
}

/** `flotilla … | head`: when nobody reads any more there is nothing left to do. */
function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.ok);
    throw error;
  });
}
