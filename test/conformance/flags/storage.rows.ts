import { randomBytes } from 'node:crypto';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { configMap, kustomizationFile } from '../rig/manifests.js';
import type { Expected, ScenarioRow } from '../rig/scenario-row.js';
import type { World } from '../rig/world.js';

const git = 'GitRepository';
const files = { 'a.yaml': configMap('a') };
const a = 'v1/ConfigMap/a';

/** Most bytes that the agent of these rows fetches. */
export const maxFetchBytes = 1_000_000;

const folderOf = (world: World): string => `${world.rig.storagePath}/gitrepository/${world.namespace}/fleet`;

const archives = async (world: World): Promise<string[]> =>
  (await readdir(folderOf(world))).filter((name) => name.endsWith('.tar.gz'));

/** Files that the artifacts of earlier times have left. */
async function leave(world: World, count: number, age: number): Promise<void> {
  const then = Date.now() / 1_000 - age;
  for (let index = 0; index < count; index++) {
    const file = join(folderOf(world), `${String(index).padStart(40, '0')}.tar.gz`);
    await writeFile(file, 'old');
    await utimes(file, then, then);
  }
}

/** For an agent with blake3, a time to live of 2 s, 3 records and a small --max-fetch-bytes (flux-compat 2.1 and 8.1). */
export const storageRows: readonly ScenarioRow[] = [
  {
    section: '8.1',
    behaviour: '--artifact-digest-algo=blake3: the digest of the artifact is one, and consumers verify it',
    given: { files },
    expect: {
      ready: 'True',
      objects: { [a]: {} },
      check: async (world) => {
        const { artifact } = (await world.read(world.source))!.status as { artifact: { digest: string } };
        if (!/^blake3:[0-9a-f]{64}$/.test(artifact.digest)) throw new Error(artifact.digest);
      },
    },
  },
  {
    section: '2.1',
    behaviour: 'blake3: a file whose content is another one is found, and made again',
    given: { subject: git, files },
    expect: { ready: 'True' },
    steps: [
      {
        does: async (world) => {
          const [name = ''] = await archives(world);
          await writeFile(join(folderOf(world), name), 'damaged');
        },
        request: true,
        expect: {
          ready: 'True',
          artifact: ['a.yaml'],
          events: [{ reason: 'ArtifactVerificationFailed' }],
        },
      },
    ],
  },
  {
    section: '2.1',
    behaviour: '--artifact-retention-ttl: what is older goes, although there are fewer than the records',
    given: { subject: git, files },
    expect: { ready: 'True' },
    steps: [
      {
        does: async (world) => {
          await leave(world, 1, 3);
          await world.writeFiles({ 'b.yaml': 'b: 1\n' });
          await world.request();
        },
        expect: {
          ready: 'True',
          check: async (world) => {
            const kept = await archives(world);
            if (kept.includes(`${'0'.repeat(40)}.tar.gz`)) throw new Error(kept.join());
            if (!kept.includes(`${world.commit}.tar.gz`)) throw new Error(kept.join());
          },
        },
      },
    ],
  },
  {
    section: '2.1',
    behaviour: '--artifact-retention-records: as many stay, the youngest',
    given: { subject: git, files },
    expect: { ready: 'True' },
    steps: [
      {
        does: async (world) => {
          await leave(world, 6, -60);
          await world.request();
        },
        expect: {
          ready: 'True',
          check: async (world) => {
            const kept = await archives(world);
            if (kept.length !== 3 || !kept.includes(`${world.commit}.tar.gz`)) throw new Error(kept.join());
          },
        },
      },
    ],
  },
  {
    section: '2.1',
    behaviour: 'one collection looks at a thousand files, the next ones at the rest',
    given: { subject: git, files },
    expect: { ready: 'True' },
    steps: [
      {
        does: async (world) => {
          await leave(world, 1_500, 3_600);
          await world.request();
        },
        expect: {
          ready: 'True',
          check: async (world) => {
            const left = (await archives(world)).length;
            if (left !== 500 && left !== 501) throw new Error(`${left} files`);
          },
        },
      },
      {
        request: true,
        expect: {
          ready: 'True',
          check: async (world) => {
            if ((await archives(world)).join() !== `${world.commit}.tar.gz`)
              throw new Error((await archives(world)).join());
          },
        },
      },
    ],
  },
];

/** What no compression makes smaller. */
const noise = (bytes: number): string => randomBytes(bytes / 2).toString('hex');
const tooLarge = (message: RegExp): Expected => ({
  ready: { status: 'False', reason: 'GitOperationFailed', message },
  conditions: { FetchFailed: { status: 'True', reason: 'GitOperationFailed' }, Stalled: null },
});

/** Serves `/<bytes>.yaml`: a manifest of that size. */
const webServer = (): { before: (world: World) => Promise<void>; stop: () => Promise<unknown> } => {
  const server = createServer(({ url = '' }, answer) => {
    const [, ns, bytes] = /^\/([^/]+)\/(\d+)\.yaml$/.exec(url) ?? [];
    const manifest = JSON.stringify({ ...configMap('web'), metadata: { namespace: ns, name: 'web' } });
    answer.end(manifest.padEnd(Number(bytes), ' '));
  });
  return {
    before: async (world) => {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      world.addNames({ web: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    },
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
};

const webFile = (bytes: number, behaviour: string, expected: Expected): ScenarioRow => {
  const { before, stop } = webServer();
  return {
    section: '3.3',
    behaviour,
    given: { files, before },
    expect: { ready: 'True' },
    steps: [
      {
        commit: { 'kustomization.yaml': kustomizationFile({ resources: [`<web>/<ns>/${bytes}.yaml`] }) },
        expect: expected,
      },
      { does: stop },
    ],
  };
};

/** --max-fetch-bytes has no counterpart in Flux; the conditions are those of a fetch that failed. */
export const limitRows: readonly ScenarioRow[] = [
  webFile(maxFetchBytes, '--max-fetch-bytes: a file of a web server that is as large is used', {
    ready: 'True',
    inventory: ['<ns>_web__ConfigMap'],
  }),
  webFile(maxFetchBytes + 1, '--max-fetch-bytes: a file of a web server that is larger fails the build', {
    ready: {
      status: 'False',
      reason: 'BuildFailed',
      message:
        /^kustomize build failed: "<web>\/<ns>\/1000001.yaml": more than 1000000 bytes were fetched; --max-fetch-bytes is the limit$/,
    },
    inventory: ['<ns>_a__ConfigMap'],
  }),
  {
    section: '2.3',
    behaviour: '--max-fetch-bytes: a source that brings in more fails, and keeps its last good artifact',
    given: { subject: git, files },
    expect: { ready: 'True' },
    steps: [
      {
        does: async (world) => {
          world.addNames({ good: world.filled('<revision>') });
          await world.writeFiles({ 'large.txt': noise(4 * maxFetchBytes) });
          await world.request();
        },
        expect: {
          ...tooLarge(/more than 1000000 bytes were fetched; --max-fetch-bytes is the limit$/),
          status: { artifact: { revision: '<good>' } },
          artifact: ['a.yaml'],
        },
      },
      {
        commit: { 'large.txt': null, 'b.yaml': 'b: 1\n' },
        expect: { ready: 'True', conditions: { FetchFailed: null }, artifact: ['a.yaml', 'b.yaml'] },
      },
    ],
  },
  {
    section: '2.3',
    behaviour: '--max-fetch-bytes: files that only unfold to more are not written',
    given: { subject: git, files: { 'large.txt': 'x'.repeat(maxFetchBytes + 1) } },
    expect: tooLarge(/the files of the commit take 1000001 bytes; --max-fetch-bytes allows 1000000$/),
  },
  {
    section: '2.3',
    behaviour: '--max-fetch-bytes: folders that are not checked out do not count',
    given: {
      subject: git,
      files: { 'large/large.txt': 'x'.repeat(maxFetchBytes + 1), 'small/a.yaml': 'a: 1\n' },
      source: { sparseCheckout: ['small'] },
    },
    expect: { ready: 'True', artifact: ['small/a.yaml'] },
  },
  {
    section: '3.3',
    behaviour: '--max-fetch-bytes: a remote base that brings in more fails the build with the limit',
    given: {
      files: { 'top/kustomization.yaml': kustomizationFile({ resources: ['<url>//base?ref=shared'] }) },
      before: async (world) => {
        await world.repository.branch('shared');
        await world.repository.commit({
          'base/kustomization.yaml': 'resources: []\n',
          'large.txt': noise(64 * maxFetchBytes),
        });
        await world.repository.branch('main');
      },
      source: { sparseCheckout: ['top'] },
      spec: { path: './top' },
    },
    expect: {
      ready: {
        status: 'False',
        reason: 'BuildFailed',
        message: /more than 1000000 bytes were fetched; --max-fetch-bytes is the limit/,
      },
    },
  },
];
