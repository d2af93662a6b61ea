import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { BoundedBuffer, TailBuffer } from './bounded-output.js';
import { maskSecrets } from './mask-secrets.js';
import { endLeftovers, endProcessGroup } from './process-group.js';
import { ProgramError, type ProgramFailure } from './program-error.js';
import { sizeOf, watchGrowth, type GrowthLimit } from './watch-growth.js';

/** How to run one program. Nothing of the agent's own environment reaches it but what `env` says. */
export interface ProgramOptions {
  args: readonly string[];
  cwd?: string;
  /** The whole environment; PATH, HOME and LANG get safe defaults. */
  env?: Readonly<Record<string, string>>;
  stdin?: string | Uint8Array;
  timeoutMs: number;
  signal?: AbortSignal;
  /** Bytes of stdout that are kept; more is an error. Default 64 MiB. */
  maxStdoutBytes?: number;
  /** Ends the program when it writes more than this; a program that ended before anybody looked fails, too. */
  growth?: GrowthLimit;
  /** Texts (passwords, tokens) that are replaced by *** in every message and in stderr. */
  secrets?: readonly string[];
}

export interface ProgramResult {
  stdout: Buffer;
  stderr: string;
}

/** Runs a program to its end; the only door to child processes. @throws ProgramError */
export type RunProgram = (file: string, options: ProgramOptions) => Promise<ProgramResult>;

const defaultStdoutLimit = 64 * 1024 * 1024;
const stderrLimit = 64 * 1024;
const messageLimit = 4 * 1024;

/** The real RunProgram: a child process that leads its own process group. */
export const runProgram: RunProgram = (file, options) =>
  new Promise((resolve, reject) => {
    const program = path.basename(file);
    if (options.signal?.aborted) {
      reject(new ProgramError({ program, failure: 'aborted', message: `${program} was cancelled` }));
      return;
    }
    const run = new Run(program, options, spawnProgram(file, options));
    run.start(resolve, reject);
  });

function spawnProgram(file: string, options: ProgramOptions): ChildProcess {
  const searchPath = process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin';
  return spawn(file, [...options.args], {
    cwd: options.cwd,
    env: { PATH: searchPath, HOME: '/nonexistent', LANG: 'C.UTF-8', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
}

/** One running program: collects its output and decides how it ended. */
class Run {
  readonly #stdout: BoundedBuffer;
  readonly #stderr = new TailBuffer(stderrLimit);
  /** Set when the agent ended the program; it wins over the exit code that follows from that. */
  #cut: { failure: ProgramFailure; message: string } | undefined;

  constructor(
    readonly program: string,
    readonly options: ProgramOptions,
    readonly child: ChildProcess,
  ) {
    this.#stdout = new BoundedBuffer(options.maxStdoutBytes ?? defaultStdoutLimit);
  }

  start(resolve: (result: ProgramResult) => void, reject: (error: ProgramError) => void): void {
    const { child, options, program } = this;
    const timeout = `${program} did not finish within ${options.timeoutMs} ms`;
    const timer = setTimeout(() => this.#end('timeout', timeout), options.timeoutMs);
    const abort = (): void => this.#end('aborted', `${program} was cancelled`);
    options.signal?.addEventListener('abort', abort, { once: true });
    const stopWatch = options.growth
      ? watchGrowth(options.growth, () => this.#end('disk-limit', this.#growthText()))
      : undefined;
    const settle = (): void => {
      stopWatch?.();
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', abort);
    };

    child.stdout?.on('data', (chunk: Buffer) => {
      if (!this.#stdout.add(chunk)) this.#end('output-limit', this.#limitText());
    });
    child.stderr?.on('data', (chunk: Buffer) => this.#stderr.add(chunk));
    child.stdin?.on('error', () => {}); // A program may end without reading its input.
    child.stdin?.end(options.stdin ?? '');
    child.once('exit', () => endLeftovers(child));
    child.once('error', (error) => {
      settle();
      reject(this.#error('start', `${program} cannot be started: ${error.message}`));
    });
    child.once('close', (code, signal) => {
      settle();
      void this.#conclude(code, signal).then((error) => {
        if (error) reject(error);
        else resolve({ stdout: this.#stdout.toBuffer(), stderr: this.#maskedStderr() });
      });
    });
  }

  /** How the program ended; one that was quick may have written too much all the same. */
  async #conclude(code: number | null, signal: NodeJS.Signals | null): Promise<ProgramError | undefined> {
    const { growth } = this.options;
    const failure = this.#failure(code, signal);
    if (failure || !growth || (await sizeOf(growth)) <= growth.maxBytes) return failure;
    return this.#error('disk-limit', this.#growthText());
  }

  #end(failure: ProgramFailure, message: string): void {
    if (this.#cut) return;
    this.#cut = { failure, message };
    endProcessGroup(this.child);
  }

  #failure(code: number | null, signal: NodeJS.Signals | null): ProgramError | undefined {
    if (this.#cut) return this.#error(this.#cut.failure, this.#cut.message);
    if (code === 0) return undefined;
    if (code === null) return this.#error('signal', `${this.program} was ended by ${signal ?? 'a signal'}`);
    const said = this.#maskedStderr().trim().slice(-messageLimit);
    return this.#error(
      'exit',
      `${this.program} failed with exit code ${code}${said ? `: ${said}` : ''}`,
      code,
    );
  }

  #error(failure: ProgramFailure, message: string, exitCode?: number): ProgramError {
    return new ProgramError({
      program: this.program,
      failure,
      message: maskSecrets(message, this.options.secrets),
      ...(exitCode === undefined ? {} : { exitCode }),
      stderr: this.#maskedStderr(),
    });
  }

  #maskedStderr(): string {
    return maskSecrets(this.#stderr.toString(), this.options.secrets);
  }

  #growthText(): string {
    const limit = this.options.growth?.maxBytes ?? 0;
    return `more than ${limit} bytes were fetched; --max-fetch-bytes is the limit`;
  }

  #limitText(): string {
    return `${this.program} wrote more than ${this.#stdout.limit} bytes to its output`;
  }
}
