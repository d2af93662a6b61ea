import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../servers/ports.js';
import { temporaryFolder } from '../servers/temporary-folder.js';
import type { TemporaryFolder } from '../servers/temporary-folder.js';
import { runTool } from '../servers/tool.js';

/** Runs the rig in a process of its own, as `npm test` does, with an empty cache. */
describe('control-plane binaries', () => {
  let folder: TemporaryFolder;
  let mirror: Server | undefined;
  let downloads: string[];
  beforeEach(() => {
    folder = temporaryFolder('binaries');
    downloads = [];
  });
  afterEach(() => {
    mirror?.close();
    mirror = undefined;
    folder.remove();
  });

  const find = (env: NodeJS.ProcessEnv) => {
    const script = `import('./scripts/rig/control-plane-binaries.mjs').then((rig) => rig.controlPlaneBinaries()).then((found) => console.log(JSON.stringify(found)))`;
    const clean = {
      ...process.env,
      KUBEBUILDER_ASSETS: '',
      XDG_CACHE_HOME: folder.path,
      FLOTILLA_KUBERNETES_VERSION: 'v9.9.9',
    };
    return runTool(process.execPath, ['-e', script], { env: { ...clean, ...env } });
  };
  const cache = () => join(folder.path, 'flotilla', 'control-plane');
  /** Folders in the cache that look finished. */
  const finished = () =>
    existsSync(cache()) ? readdirSync(cache()).filter((name) => !name.endsWith('.partial')) : [];

  async function startMirror(published: (program: string) => string): Promise<string> {
    mirror = createServer((request, response) => {
      const program = /(kube-[a-z-]+)(\.sha256)?$/.exec(request.url ?? '');
      if (program?.[2]) return response.end(published(program[1]!));
      downloads.push(program?.[1] ?? '');
      // Slow enough for a second process to find the first at work.
      setTimeout(() => response.end(`binary of ${program?.[1]}`), 300);
      return undefined;
    });
    await new Promise<void>((resolve) => mirror!.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(mirror.address() as AddressInfo).port}`;
  }
  const sum = (program: string) => createHash('sha256').update(`binary of ${program}`).digest('hex');

  it('are downloaded once by two processes that need them at the same time, and then come from the cache', async () => {
    const env = { FLOTILLA_KUBERNETES_MIRROR: await startMirror(sum) };
    const [one, other] = await Promise.all([find(env), find(env)]);
    expect([one.code, other.code]).toEqual([0, 0]);
    expect(one.stdout).toBe(other.stdout);
    expect((await find({ FLOTILLA_KUBERNETES_MIRROR: 'http://127.0.0.1:1' })).stdout).toBe(one.stdout);
    expect(downloads.toSorted()).toEqual(['kube-apiserver', 'kube-controller-manager']);
    expect(readFileSync(join(cache(), ...finished(), 'kube-apiserver'), 'utf8')).toBe(
      'binary of kube-apiserver',
    );
  });

  it('are refused when the checksum differs, and leave nothing that looks finished', async () => {
    const result = await find({ FLOTILLA_KUBERNETES_MIRROR: await startMirror(() => '0'.repeat(64)) });
    expect(result.code).not.toBe(0);
    expect(result.stderr).toContain('SHA-256');
    expect(finished()).toEqual([]);
  });

  it('say that a release can be neither downloaded nor built', async () => {
    const result = await find({ FLOTILLA_KUBERNETES_MIRROR: `http://127.0.0.1:${await freePort()}` });
    expect(result.code).not.toBe(0);
    expect(result.stderr).toContain('v9.9.9 cannot be downloaded, and only v1.20.2 can be built here');
  });

  it('come from KUBEBUILDER_ASSETS when it holds all of them, and nothing is written', async () => {
    const assets = join(folder.path, 'assets');
    mkdirSync(assets);
    for (const name of ['etcd', 'kube-apiserver', 'kube-controller-manager']) {
      writeFileSync(join(assets, name), '');
      chmodSync(join(assets, name), 0o755);
    }
    const result = await find({ KUBEBUILDER_ASSETS: assets });
    expect(JSON.parse(result.stdout)).toEqual({
      etcd: join(assets, 'etcd'),
      kubeApiserver: join(assets, 'kube-apiserver'),
      kubeControllerManager: join(assets, 'kube-controller-manager'),
    });
    expect(readdirSync(folder.path)).toEqual(['assets']);
  });

  it('are not taken from KUBEBUILDER_ASSETS without a controller manager', async () => {
    const env = { KUBEBUILDER_ASSETS: folder.path, FLOTILLA_KUBERNETES_MIRROR: await startMirror(sum) };
    const result = await find(env);
    expect(result.stderr).toContain('has no kube-apiserver and no kube-controller-manager: it is not used');
    expect(result.stdout).toContain(join(cache(), ...finished(), 'kube-apiserver'));
  });
});
