import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { main } from './main.js';

/** Of a cluster that is not there; nothing asks it before the agent's own servers listen. */
const kubeconfig = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': 'x',
  clusters: [{ name: 'x', cluster: { server: 'http://127.0.0.1:1' } }],
  contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
  users: [{ name: 'x', user: {} }],
});

beforeEach(() => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe('the command line of the agent', () => {
  it.each([
    ['an unknown flag', ['--nope'], 2],
    ['an argument', ['serve'], 2],
    ['a value that is wrong', ['--concurrent', 'many'], 2],
    ['the version', ['--version'], 0],
    ['the help', ['--help'], 0],
    ['a command', ['crds'], 0],
    ['an unknown flag of a command', ['crds', '--nope'], 2],
  ])('ends with its exit code: %s', async (_, argv, code) => {
    expect(await main(argv, {})).toBe(code);
  });

  it.each(['--storage-addr', '--metrics-addr', '--health-addr'])(
    'says that the address of %s is taken, and by which flag another one is',
    async (flag) => {
      const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
      const folder = mkdtempSync(path.join(tmpdir(), 'agent-main-'));
      const config = path.join(folder, 'kubeconfig');
      writeFileSync(config, kubeconfig);
      const taken = createServer();
      await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
      const address = `127.0.0.1:${(taken.address() as AddressInfo).port}`;
      try {
        const others = ['--storage-addr=0', '--metrics-addr=0', '--health-addr=0'];
        const base = [`--kubeconfig=${config}`, `--storage-path=${path.join(folder, 'data')}`];
        expect(await main([...base, ...others, `${flag}=${address}`], {})).toBe(1);
        expect(told).toHaveBeenCalledWith(
          `flotilla-agent: cannot listen on ${address}: another program listens there (EADDRINUSE); ${flag} takes another address\n`,
        );
      } finally {
        taken.close();
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});
