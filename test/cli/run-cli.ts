// The compiled command as a process of its own, with an environment of its own.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from '../servers/repository-root.js';
import type { ToolResult } from '../servers/tool.js';
import { runTool } from '../servers/tool.js';

const bin = join(repositoryRoot(), 'cli', 'bin', 'flotilla.js');

export interface Cli {
  /** Runs the command to its end. */
  run(args: readonly string[], input?: string): Promise<ToolResult>;
  /** Runs it in a terminal of its own (util-linux' script); what it shows is stdout and stderr in one. */
  inTerminal(args: readonly string[], input?: string): Promise<string>;
  /** Starts a command that goes on, such as one with --watch. */
  start(args: readonly string[]): RunningCli;
}

export interface RunningCli {
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** The exit code, once it has ended. */
  readonly ended: Promise<number>;
  /** Sends the signal and gives the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number>;
}

/** Binds the command to an environment; nothing of the user's own configuration is read. */
export function cliWith(env: Readonly<Record<string, string>>): Cli {
  const whole = { PATH: process.env['PATH'], HOME: '/nonexistent', ...env };
  return {
    run: (args, input = '') => runTool(process.execPath, [bin, ...args], { env: whole, input }),
    async inTerminal(args, input = '') {
      const command = [process.execPath, bin, ...args].map((part) => `'${part}'`).join(' ');
      const { stdout } = await runTool('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
        env: { ...whole, TERM: 'xterm', SHELL: '/bin/sh' },
        input,
      });
      return stdout;
    },
    start: (args) => startCli(args, whole),
  };
}

function startCli(args: readonly string[], env: NodeJS.ProcessEnv): RunningCli {
  const child = spawn(process.execPath, [bin, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (chunk: string) => (text[name] += chunk));
  const ended = new Promise<number>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? (signal === 'SIGKILL' ? 137 : -1))),
  );
  return {
    stdout: () => text.stdout,
    stderr: () => text.stderr,
    ended,
    stop(signal = 'SIGINT') {
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
      return ended.finally(() => clearTimeout(timer));
    },
  };
}

/** Rows of a printed table as records by column name; columns are separated by three blanks or more. */
export function parseTable(text: string): Record<string, string>[] {
  const [head = '', ...lines] = text.trimEnd().split('\n');
  const columns = [...head.matchAll(/\S+(?: \S+)*/g)].map((match) => ({ name: match[0], at: match.index }));
  return lines.map((line) =>
    Object.fromEntries(
      columns.map(({ name, at }, index) => [name, line.slice(at, columns[index + 1]?.at).trim()]),
    ),
  );
}
