// Runs a command-line tool to its end and gives what it printed.
import { spawn } from 'node:child_process';

export interface ToolResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ToolOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly input?: string;
}

/** Runs `command args` and gives its result, whatever its exit code. */
export function runTool(
  command: string,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<ToolResult> {
  const { env = process.env, cwd, input } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, cwd, stdio: 'pipe' });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.once('error', (error) => reject(new Error(`cannot start ${command}: ${error.message}`)));
    child.once('close', (code) => resolve({ code: code ?? -1, stdout: text(out), stderr: text(err) }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** Like `runTool`, but an exit code other than 0 is an error that carries what the tool said. Gives its stdout. */
export async function toolOutput(
  command: string,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await runTool(command, args, options);
  if (code === 0) return stdout;
  throw new Error(
    `${command} ${args.join(' ')} ended with exit code ${code}: ${stderr.trim() || stdout.trim()}`,
  );
}

const text = (chunks: readonly Buffer[]) => Buffer.concat(chunks).toString('utf8');
