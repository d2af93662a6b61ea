import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { encryptYaml } from '@flotilla/common/sops/sops-encryptor.fixture';
import { type AgePair, keysFor, objectRule } from '../../kustomization/decryption-rig.js';
import { artifactType, external } from '../gates/external-artifact.js';
import { configMap, crd, secret } from '../rig/manifests.js';
import { applyAs, mergeAs } from '../rig/objects.js';
import type { Fields, ScenarioRow } from '../rig/scenario-row.js';
import type { World } from '../rig/world.js';
import { limitRows, storageRows } from './storage.rows.js';

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
