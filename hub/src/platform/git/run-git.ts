import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { safeGitConfig, safeGitEnvironment } from '@flotilla/common/git/safe-git';
import { GitError } from './git-error.js';

/** How to run one git command. */
export interface GitCommand {
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Lets the command talk to this remote; without it no protocol is allowed at all. */
  readonly remote?: GitRemote | undefined;
  readonly stdin?: string | undefined;
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  /** Ends the command before its time. */
  readonly signal?: AbortSignal | undefined;
}

/** A repository on a Git server. */
export interface GitRemote {
  /** http or https, without user information. */
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Whether git follows where the server sends its first question; true unless told. Never with a password. */
  readonly followRedirects?: boolean | undefined;
}

const defaultTimeoutMs = 60_000;
const defaultMaxBytes = 32 * 1024 * 1024;
const stderrBytes = 4_096;
const graceMs = 2_000;
/** What git may know of the environment of the hub: how to get out, and whom to trust. */
const passedOn =
  /^(?:https?_proxy|no_proxy|all_proxy|ssl_cert_file|ssl_cert_dir|git_ssl_cainfo|path|tmpdir)$/i;

const fixedEnvironment = { ...safeGitEnvironment, HOME: '/nonexistent', LANG: 'C.UTF-8' };

/** Runs git to its end and gives what it printed: the hub's only door to it. @throws GitError */
export async function runGit(command: GitCommand): Promise<Buffer> {
  const { timeoutMs = defaultTimeoutMs, maxBytes = defaultMaxBytes, signal } = command;
  if (signal?.aborted) throw broken();
  const child = spawn('git', [...command.args], {
    cwd: command.cwd,
    env: environmentOf(command.remote),
    stdio: ['pipe', 'pipe', 'pipe'],
    // Leads a process group, so that its helpers go with it.
    detached: true,
  });
  let cut: GitError | undefined;
  const end = (error: GitError): void => {
    cut ??= error;
    endGroup(child);
  };
  const timer = setTimeout(
    () => end(new GitError('timeout', `git did not finish within ${timeoutMs / 1000} s`)),
    timeoutMs,
  );
  const output = collect(child, maxBytes, () =>
    end(new GitError('output-limit', `git wrote more than ${maxBytes} bytes`)),
  );
  const abort = (): void => end(broken());
  signal?.addEventListener('abort', abort, { once: true });
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(command.stdin ?? '');
  try {
    const code = await exitOf(child);
    if (cut) throw cut;
    if (code === 0) return output.stdout();
    throw failureOf(code, output.stderr(), command.remote);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

function broken(): GitError {
  return new GitError('aborted', 'git was broken off');
}

/** Credentials travel in the environment of the process, never on a command line, which everybody can read. */
function environmentOf(remote: GitRemote | undefined): NodeJS.ProcessEnv {
  // The last one of a name counts.
  const config = [
    ...safeGitConfig,
    ...(remote && !followsRedirects(remote) ? [['http.followRedirects', 'false'] as const] : []),
    ...(remote ? authorization(remote) : []),
  ];
  const inherited = Object.entries(process.env).filter(([name]) => passedOn.test(name));
  return {
    ...Object.fromEntries(inherited),
    ...fixedEnvironment,
    GIT_ALLOW_PROTOCOL: remote ? new URL(remote.url).protocol.slice(0, -1) : 'none',
    GIT_CONFIG_COUNT: String(config.length),
    ...Object.fromEntries(
      config.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
  };
}

/** git would show the password to whatever server the first one leads to. */
function followsRedirects({ followRedirects = true, password }: GitRemote): boolean {
  return followRedirects && password === undefined;
}

function authorization({ url, username, password }: GitRemote): readonly (readonly [string, string])[] {
  if (password === undefined) return [];
  const basic = Buffer.from(`${username ?? 'git'}:${password}`).toString('base64');
  return [[`http.${new URL(url).origin}/.extraHeader`, `Authorization: Basic ${basic}`]];
}

function collect(
  child: ChildProcess,
  maxBytes: number,
  tooMuch: () => void,
): { stdout(): Buffer; stderr(): string } {
  const chunks: Buffer[] = [];
  let size = 0;
  let tail: Buffer = Buffer.alloc(0);
  child.stdout?.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > maxBytes) tooMuch();
    else chunks.push(chunk);
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk]).subarray(-stderrBytes);
  });
  return { stdout: () => Buffer.concat(chunks), stderr: () => tail.toString('utf8').trim() };
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      const missing = 'code' in error && error.code === 'ENOENT';
      reject(
        missing
          ? new GitError('missing-program', 'the program git is not installed where the hub runs')
          : new GitError('failed', `git cannot be started: ${error.message}`),
      );
    });
    child.once('close', (code) => resolve(code));
  });
}

function failureOf(code: number | null, stderr: string, remote: GitRemote | undefined): GitError {
  const said = (remote?.password ? stderr.replaceAll(remote.password, '***') : stderr)
    .replace(/\s*\n\s*/g, '; ')
    .replace(/^fatal: /, '');
  if (/could not read Username|Authentication failed|HTTP 40[13]|error: 40[13]/i.test(said))
    return new GitError('failed', `${remote?.url ?? 'git'}: the server refuses the credentials: ${said}`);
  if (/error: 30[12378]/.test(said)) {
    const why = remote?.password === undefined ? 'with --outgoing-host' : 'with credentials';
    const remedy = `the server redirects, and is not followed ${why}: name the address that it leads to`;
    return new GitError('failed', `${remote?.url ?? 'git'}: ${remedy} (${said})`);
  }
  return new GitError(
    'failed',
    `${remote?.url ?? 'git'}: ${said || `git failed with exit code ${code ?? 'none'}`}`,
  );
}

function endGroup(child: ChildProcess): void {
  const signal = (name: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, name);
    } catch {
      // It has ended by itself.
    }
  };
  signal('SIGTERM');
  const timer = setTimeout(() => signal('SIGKILL'), graceMs);
  timer.unref();
  child.once('close', () => clearTimeout(timer));
}
