// A server as a child process of the test: its log in a file, ready when its probe says so, gone when stopped, and
// killed by the kernel when the test process dies, however that happens.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { waitFor } from './wait-for.js';

export interface ServerProcessOptions {
  /** Used in errors. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** File that gets everything the process prints. */
  readonly log: string;
  /** True (or no throw) when the server answers. */
  readonly ready: () => Promise<boolean>;
  readonly timeoutMs?: number;
  /** Drop root: run as this user and group. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
}

export interface ServerProcess {
  readonly pid: number;
  /** True until the process has ended. */
  running(): boolean;
  /** Sends the signal and waits for the end; SIGKILL follows after `graceMs`. */
  stop(signal?: NodeJS.Signals, graceMs?: number): Promise<void>;
}

/** Starts a server and waits until it is ready; a failure carries the end of its log. */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  bindToRunner();
  const child = launch(options);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const server = handle(child, ended);
  let failed: Error | undefined;
  child.once('error', (error) => (failed = error));
  try {
    await waitFor(
      `${options.name} to be ready`,
      async () => failed !== undefined || !server.running() || (await options.ready()),
      { timeoutMs: options.timeoutMs ?? 60_000 },
    );
    if (failed) throw failed;
    if (!server.running())
      throw new Error(`it ended with ${child.signalCode ?? `exit code ${child.exitCode}`}`);
  } catch (error) {
    await server.stop('SIGKILL');
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${options.name} did not start: ${reason}\n${logTail(options.log)}`, { cause: error });
  }
  return server;
}

let boundToRunner = false;

/** A forked test worker would outlive a killed runner; when the channel to it breaks, the worker ends as well. */
function bindToRunner(): void {
  if (boundToRunner || !process.connected) return;
  boundToRunner = true;
  process.once('disconnect', () => process.exit(1));
}

function launch({ command, args, env, cwd, log, user }: ServerProcessOptions): ChildProcess {
  const out = openSync(log, 'a');
  try {
    const [program, ...rest] = [...boundToParent(user), command, ...args];
    return spawn(program!, rest, { stdio: ['ignore', out, out], env: env ?? process.env, cwd });
  } finally {
    closeSync(out);
  }
}

/** util-linux' setpriv asks the kernel to kill the process with its parent; it replaces itself, the pid stays. */
function boundToParent(user: ServerProcessOptions['user']): string[] {
  const setpriv = '/usr/bin/setpriv';
  if (!existsSync(setpriv)) {
    if (user) throw new Error(`dropping root needs ${setpriv} (Debian package util-linux)`);
    return [];
  }
  const identity = user ? [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'] : [];
  return [setpriv, '--pdeathsig', 'KILL', ...identity, '--'];
}

function handle(child: ChildProcess, ended: Promise<void>): ServerProcess {
  const running = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  return {
    pid: child.pid ?? -1,
    running,
    async stop(signal = 'SIGTERM', graceMs = 5_000) {
      if (!running()) return;
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** The last lines of a log file. */
export function logTail(log: string, lines = 25): string {
  if (!existsSync(log)) return `${log} is empty`;
  return `${log} ends with:\n${readFileSync(log, 'utf8').trimEnd().split('\n').slice(-lines).join('\n')}`;
}
