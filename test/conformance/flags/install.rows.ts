import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createReadStream } from 'node:fs';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encryptYaml } from '@flotilla/common/sops/sops-encryptor.fixture';
import { type AgePair, keysFor, objectRule } from '../../kustomization/decryption-rig.js';
import { artifactType, external } from '../gates/external-artifact.js';
import { configMap, crd, kustomizationFile, secret } from '../rig/manifests.js';
import { applyAs, mergeAs } from '../rig/objects.js';
import type { Expected, Fields, ScenarioRow } from '../rig/scenario-row.js';
import type { World } from '../rig/world.js';

const git = 'GitRepository';
const files = { 'a.yaml': configMap('a') };
const a = 'v1/ConfigMap/a';
const watched = { 'reconcile.fluxcd.io/watch': 'Enabled' };

/** What stands in for the artifact servers of a cluster: the files of one storage folder. */
export async function startArtifactHost(
  folder: () => string,
): Promise<{ host: string; asked: string[]; stop(): void }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    createReadStream(join(folder(), request.url ?? ''))
      .once('error', () => response.writeHead(404).end())
      .pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { host: `127.0.0.1:${port}`, asked, stop: () => void server.close() };
}

export interface InstallServers {
  readonly source: { readonly host: string; readonly asked: readonly string[] };
  readonly watcher: { readonly host: string; readonly asked: readonly string[] };
  /** Whose identity is in the Secret of --sops-age-secret. */
  readonly pair: AgePair;
}

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

const storageRows: readonly ScenarioRow[] = [
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

/** --max-fetch-bytes has no counterpart in Flux; the conditions are those of a fetch that failed. */
const limitRows: readonly ScenarioRow[] = [
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

const remoteSecret = async (world: World, cluster: Fields, user: Fields): Promise<void> => {
  const value = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'x',
    contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
    clusters: [{ name: 'x', cluster: { server: world.rig.cluster.url, ...cluster } }],
    users: [{ name: 'x', user }],
  };
  const object = secret('remote', { stringData: { value: JSON.stringify(value) } });
  await applyAs(world.kube, 'person', world.filled(object));
};
const kubeConfig = { kubeConfig: { secretRef: { name: 'remote' } } };

/** --insecure-kubeconfig-exec and --insecure-kubeconfig-tls (flux-compat 3.10). */
const kubeconfigRows: readonly ScenarioRow[] = [
  {
    section: '3.10',
    behaviour: '--insecure-kubeconfig-exec: the plug-in is run, and its token counts',
    given: {
      files,
      before: async (world) => {
        const { caData, adminToken: token } = world.rig.cluster;
        const apiVersion = 'client.authentication.k8s.io/v1';
        const credential = { apiVersion, kind: 'ExecCredential', status: { token } };
        const exec = {
          apiVersion,
          command: 'printf',
          args: ['%s', JSON.stringify(credential)],
          interactiveMode: 'Never',
        };
        await remoteSecret(world, { 'certificate-authority-data': caData }, { exec });
      },
      spec: kubeConfig,
    },
    expect: { ready: 'True', objects: { [a]: {} } },
  },
  {
    section: '3.10',
    behaviour: '--insecure-kubeconfig-tls: insecure-skip-tls-verify counts',
    given: {
      files,
      before: (world) =>
        remoteSecret(world, { 'insecure-skip-tls-verify': true }, { token: world.rig.cluster.adminToken }),
      spec: kubeConfig,
    },
    expect: { ready: 'True', objects: { [a]: {} } },
  },
  {
    section: '3.10',
    behaviour:
      '--insecure-kubeconfig-tls: without insecure-skip-tls-verify the server is verified all the same',
    given: {
      files,
      before: (world) => remoteSecret(world, {}, { token: world.rig.cluster.adminToken }),
      spec: kubeConfig,
    },
    expect: {
      ready: { status: 'False', reason: 'ReconciliationFailed', message: /certificate/ },
      objects: { [a]: null },
    },
  },
];

/** Gates and environment of installs (flux-compat 3.2, 3.4, 3.6 and 8.1). */
const behaviourRows = (servers: () => InstallServers): readonly ScenarioRow[] => [
  ...(['source', 'watcher'] as const).map((which): ScenarioRow => ({
    section: '3.2',
    behaviour: `SOURCE_${which === 'source' ? 'CONTROLLER' : 'WATCHER'}_LOCALHOST stands in for the host of ${which === 'source' ? 'an' : 'a source-watcher'} address`,
    given: {
      files,
      source: null,
      before: async (world) => {
        await world.applySource();
        const { status } = await world.settled(world.source);
        const { path } = (status as { artifact: { path: string } }).artifact;
        const host = which === 'source' ? 'source-controller.x.svc' : 'source-watcher.x.svc';
        await external(world, { url: `http://${host}.cluster.invalid./${path}` });
        world.addNames({ path });
      },
      spec: { sourceRef: { kind: artifactType.kind, name: 'built' } },
    },
    expect: {
      ready: 'True',
      objects: { [a]: {} },
      check: (world) => {
        if (!servers()[which].asked.includes(`/${world.names['path']}`))
          throw new Error(servers()[which].asked.join());
      },
    },
  })),
  {
    section: '3.4',
    behaviour: '--sops-age-secret opens for those that name no Secret',
    given: {
      files: null,
      before: async (world) => {
        const object = world.filled(secret('s', { stringData: { password: 'opened' } }));
        const options = { ...(await keysFor(servers().pair)), ...objectRule };
        await world.writeFiles({ 'a.yaml': await encryptYaml(object, options) });
      },
      spec: { decryption: { provider: 'sops' } },
    },
    expect: {
      ready: 'True',
      objects: { 'v1/Secret/s': { data: { password: Buffer.from('opened').toString('base64') } } },
    },
  },
  {
    section: '3.4',
    behaviour: '--sops-age-secret does not open for those that name a Secret',
    given: {
      files: null,
      objects: [secret('keys', { stringData: { unrelated: 'x' } })],
      before: async (world) => {
        const object = world.filled(secret('s', { stringData: { password: 'opened' } }));
        const options = { ...(await keysFor(servers().pair)), ...objectRule };
        await world.writeFiles({ 'a.yaml': await encryptYaml(object, options) });
      },
      spec: { decryption: { provider: 'sops', secretRef: { name: 'keys' } } },
    },
    expect: { ready: { status: 'False', reason: 'BuildFailed' }, objects: { 'v1/Secret/s': null } },
  },
  {
    section: '8.1',
    behaviour: 'DisableConfigWatchers: a labelled ConfigMap that changes wakes nobody',
    given: {
      files: { 'a.yaml': configMap('a', { value: '${value}' }) },
      objects: [configMap('vars', { value: 'one' }, { labels: watched })],
      spec: { postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'vars' }] } },
    },
    expect: { ready: 'True', objects: { [a]: { data: { value: 'one' } } } },
    steps: [
      {
        edit: { 'v1/ConfigMap/vars': { data: { value: 'two' } } },
        does: (world) => world.pause(100),
        expect: { ready: 'True' },
      },
      {
        does: (world) => world.pause(2_000),
        expect: { objects: { [a]: { data: { value: 'one' } } } },
      },
      { request: true, expect: { objects: { [a]: { data: { value: 'two' } } } } },
    ],
  },
  migrationRow,
];

const twoVersions = () => {
  const definition = crd('Gizmo');
  const { spec } = definition as unknown as { spec: Fields & { versions: readonly Fields[] } };
  const [v1] = spec.versions;
  return { ...definition, spec: { ...spec, versions: [v1, { ...v1, name: 'v1beta1', storage: false }] } };
};
const gizmo = (version: string) => ({
  apiVersion: `<ns>.example.com/${version}`,
  kind: 'Gizmo',
  metadata: { name: 'z', namespace: '<ns>' },
  spec: { size: 1 },
});

const migrationRow: ScenarioRow = {
  section: '3.6',
  behaviour: 'MigrateAPIVersion: managedFields of an old version are brought to the one that is applied',
  given: { files: { 'a.yaml': [twoVersions(), gizmo('v1beta1')] } },
  expect: { ready: 'True' },
  steps: [
    {
      does: (world) =>
        mergeAs(world.kube, 'somebody', world.ref('<ns>.example.com/v1beta1/Gizmo/z'), { spec: { more: 2 } }),
      commit: { 'a.yaml': [twoVersions(), gizmo('v1')] },
      expect: {
        ready: 'True',
        objects: { '<ns>.example.com/v1/Gizmo/z': { spec: { size: 1, more: 2 } } },
        check: async (world) => {
          const found = await world.read('<ns>.example.com/v1/Gizmo/z');
          const entries = found?.metadata.managedFields ?? [];
          const names = entries.map(({ manager, apiVersion }) => `${manager} ${apiVersion}`).toSorted();
          const wanted = ['kustomize-controller', 'somebody'].map((name) =>
            world.filled(`${name} <ns>.example.com/v1`),
          );
          if (names.join() !== wanted.join()) throw new Error(names.join());
        },
      },
    },
  ],
};

/** An agent whose flags are all other ones than the defaults. */
export const installRows = (servers: () => InstallServers): readonly ScenarioRow[] => [
  ...storageRows,
  ...limitRows,
  ...kubeconfigRows,
  ...behaviourRows(servers),
];
