import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../servers/repository-root.js';
import { temporaryFolder } from '../servers/temporary-folder.js';

/** Sends the process a signal when it listens to signals for the first time, which is before the program is loaded. */
const signalAtOnce = `
  const { on } = process;
  let isSent = false;
  process.on = function (name, listener) {
    const result = on.call(this, name, listener);
    if (name === 'SIGTERM' && !isSent) {
      isSent = true;
      process.kill(process.pid, 'SIGTERM');
    }
    return result;
  };`;

const folder = temporaryFolder('early-signal');
const program = (...args: string[]) =>
  spawnSync(process.execPath, args, {
    cwd: repositoryRoot(),
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: folder.path, KUBECONFIG: join(folder.path, 'none') },
  });

beforeAll(() => {
  const built = program('node_modules/typescript7/bin/tsc', '-b', 'hub', 'agent');
  expect(built.status, built.stdout).toBe(0);
});
afterAll(() => folder.remove());

describe('a program that is told to stop while it is loaded', () => {
  it.each([
    ['hub', 'flotilla-hub', '--data-dir'],
    ['agent', 'flotilla-agent', '--storage-path'],
  ])('ends in good order, and begins nothing: %s', (workspace, name, flag) => {
    const preloaded = `data:text/javascript,${encodeURIComponent(signalAtOnce)}`;
    const bin = join(workspace, 'bin', `${name}.js`);
    const ended = program('--import', preloaded, bin, flag, join(folder.path, name));
    expect([ended.status, ended.signal, ended.stderr]).toEqual([0, null, '']);
    expect(readdirSync(folder.path)).toEqual([]);
  });
});
