import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ProgramError } from './program-error.js';
import { runProgram, type ProgramOptions } from './run-program.js';

const sh = (script: string, options: Partial<ProgramOptions> = {}) =>
  runProgram('/bin/sh', { args: ['-c', script], timeoutMs: 10_000, ...options });

async function failure(run: Promise<unknown>): Promise<ProgramError> {
  const error = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ProgramError);
  return error as ProgramError;
}

/** A killed process may stay as a zombie until its new parent looks; that is not running. */
function isRunning(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

describe('runProgram', () => {
  it('gives stdout and stderr of a program that succeeds', async () => {
    const result = await sh('cat; echo note >&2', { stdin: 'hello' });

    expect(result.stdout.toString()).toBe('hello');
    expect(result.stderr).toBe('note\n');
  });

  it('hands down no environment but PATH and what the caller names', async () => {
    process.env['FLOTILLA_TEST_SECRET'] = 'leak';
    const { stdout } = await sh('env', { env: { ONE: '1' } });
    delete process.env['FLOTILLA_TEST_SECRET'];

    const names = stdout
      .toString()
      .split('\n')
      .map((line) => line.split('=')[0])
      .filter((name) => name && !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name));
    expect(new Set(names)).toEqual(new Set(['HOME', 'LANG', 'ONE', 'PATH']));
  });

  it('says the exit code and the end of stderr', async () => {
    const error = await failure(sh('echo "fatal: no such branch" >&2; exit 3'));

    expect(error).toMatchObject({ program: 'sh', failure: 'exit', exitCode: 3 });
    expect(error.message).toBe('sh failed with exit code 3: fatal: no such branch');
  });

  it('masks secrets, plain and percent-encoded, in the message and in stderr', async () => {
    const error = await failure(
      sh('echo "bad p@ss/word and p%40ss%2Fword" >&2; exit 1', { secrets: ['p@ss/word', ''] }),
    );

    expect(error.message).toBe('sh failed with exit code 1: bad *** and ***');
    expect(error.stderr).toBe('bad *** and ***\n');
  });

  it('keeps only the last part of an endless stderr', async () => {
    const error = await failure(sh('head -c 300000 /dev/zero | tr "\\0" x >&2; echo end >&2; exit 1'));

    expect(error.stderr.length).toBeLessThanOrEqual(64 * 1024);
    expect(error.stderr.endsWith('end\n')).toBe(true);
  });

  it('ends a program that writes more than its limit', async () => {
    const error = await failure(sh('while :; do echo line; done', { maxStdoutBytes: 1000 }));

    expect(error.failure).toBe('output-limit');
    expect(error.message).toBe('sh wrote more than 1000 bytes to its output');
  });

  it('ends a program and its children at the deadline, also when they ignore SIGTERM', async () => {
    const script = 'trap "" TERM; sh -c \'trap "" TERM; echo $$ >&2; while :; do sleep 0.1; done\'';
    const error = await failure(sh(script, { timeoutMs: 300 }));

    expect(error).toMatchObject({ failure: 'timeout', message: 'sh did not finish within 300 ms' });
    expect(isRunning(Number(error.stderr.trim()))).toBe(false);
  });

  it('ends a program when the signal aborts', async () => {
    const controller = new AbortController();
    const run = failure(sh('sleep 30', { signal: controller.signal }));
    controller.abort();

    expect(await run).toMatchObject({ failure: 'aborted', message: 'sh was cancelled' });
  });

  it('starts nothing when the signal is already aborted', async () => {
    const error = await failure(sh('echo no', { signal: AbortSignal.abort() }));

    expect(error.failure).toBe('aborted');
  });

  it('does not wait for a child that outlives the program and holds its output', async () => {
    const { stdout } = await sh('sleep 30 & echo done', { timeoutMs: 5_000 });

    expect(stdout.toString()).toBe('done\n');
  });

  it('names a program that does not exist', async () => {
    const error = await failure(runProgram('/no/such/program', { args: [], timeoutMs: 1_000 }));

    expect(error.failure).toBe('start');
    expect(error.message).toContain('program cannot be started');
  });

  it('ignores a program that does not read its input', async () => {
    const { stdout } = await sh('echo ok', { stdin: Buffer.alloc(1_000_000) });

    expect(stdout.toString()).toBe('ok\n');
  });

  it('ends a program that writes more into a folder than it may', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'growth-'));
    const growth = { folder, maxBytes: 1_000 };
    const endless = sh(`while :; do head -c 600 /dev/zero >> ${folder}/a; sleep 0.05; done`, { growth });
    expect(await failure(endless)).toMatchObject({
      failure: 'disk-limit',
      message: 'more than 1000 bytes were fetched; --max-fetch-bytes is the limit',
    });
    rmSync(folder, { recursive: true });
  });

  it('fails a program that wrote too much before anybody looked, and counts only what is new', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'growth-'));
    const write = `mkdir ${folder}/deep; head -c 1001 /dev/zero > ${folder}/deep/a`;
    expect(await failure(sh(write, { growth: { folder, maxBytes: 1_000 } }))).toMatchObject({
      failure: 'disk-limit',
    });
    const sinceMs = Date.now() + 60_000;
    await expect(sh('true', { growth: { folder, maxBytes: 1_000, sinceMs } })).resolves.toBeDefined();
    rmSync(folder, { recursive: true });
  });
});
