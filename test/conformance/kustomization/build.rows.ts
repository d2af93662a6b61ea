import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { configMap, deployment, kustomizationFile } from '../rig/manifests.js';
import type { Files, ScenarioRow } from '../rig/scenario-row.js';

const failing = (behaviour: string, files: Files, message: RegExp, spec = {}): ScenarioRow => ({
  section: '3.3',
  behaviour,
  given: { files, spec },
  expect: {
    ready: { status: 'False', reason: 'BuildFailed', message },
    status: { lastAttemptedRevision: '<revision>', observedGeneration: -1 },
  },
});

const ids = (...names: string[]): string[] => names.map((name) => `<ns>_${name}__ConfigMap`);

/** From the files of an artifact to objects (flux-compat 3.3). */
export const buildRows: readonly ScenarioRow[] = [
  ...['kustomization.yaml', 'kustomization.yml', 'Kustomization'].map((name): ScenarioRow => ({
    section: '3.3',
    behaviour: `${name} is a kustomization file: only what it names is built`,
    given: {
      files: {
        [name]: kustomizationFile({ resources: ['a.yaml'] }),
        'a.yaml': configMap('a'),
        'b.yaml': configMap('b'),
      },
    },
    expect: { ready: 'True', inventory: ids('a') },
  })),
  {
    section: '3.3',
    behaviour:
      'without a kustomization file all manifests are found, also in folders below, .yaml and .yml alike',
    given: {
      files: {
        'a.yaml': configMap('a'),
        'x/b.yml': configMap('b'),
        'x/y/c.yaml': configMap('c'),
        'notes.txt': 'x',
      },
    },
    expect: { ready: 'True', inventory: ids('a', 'b', 'c') },
  },
  {
    section: '3.3',
    behaviour: 'a folder with a kustomization file is taken as it says, not file by file',
    given: {
      files: {
        'a.yaml': configMap('a'),
        'x/kustomization.yaml': kustomizationFile({ resources: ['b.yaml'], namePrefix: 'x-' }),
        'x/b.yaml': configMap('b'),
        'x/c.yaml': configMap('c'),
        'x/deep/d.yaml': configMap('d'),
      },
    },
    expect: { ready: 'True', inventory: ids('a', 'x-b') },
  },
  {
    section: '3.3',
    behaviour: 'several documents of one file are all applied',
    given: { files: { 'a.yaml': [configMap('a'), configMap('b')] } },
    expect: { ready: 'True', inventory: ids('a', 'b') },
  },
  {
    section: '3.3',
    behaviour: 'a List is its items',
    given: {
      files: {
        'a.yaml': JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [configMap('a'), configMap('b')] }),
      },
    },
    expect: { ready: 'True', inventory: ids('a', 'b') },
  },
  {
    section: '3.3',
    behaviour: 'brackets may end at the column of their key, in manifests and in kustomization files',
    given: {
      files: {
        'a.yaml':
          'apiVersion: v1\nkind: ConfigMap\nmetadata: {\n  name: a,\n  namespace: <ns>\n}\ndata:\n  k: "{\n  x\n}"\n',
        'x/kustomization.yaml': 'resources: [\n  b.yaml\n]\n',
        'x/b.yaml': configMap('b'),
      },
    },
    expect: {
      ready: 'True',
      inventory: ids('a', 'b'),
      objects: { 'v1/ConfigMap/a': { data: { k: '{ x }' } } },
    },
  },
  {
    section: '3.3',
    behaviour: 'what is meant for kustomize itself is no object of the cluster',
    given: {
      files: {
        'a.yaml': [
          configMap('a'),
          {
            apiVersion: 'kustomize.config.k8s.io/v1beta1',
            kind: 'Kustomization',
            metadata: { name: 'x' },
          },
        ],
      },
    },
    expect: { ready: 'True', inventory: ids('a') },
  },
  {
    section: '3.3',
    behaviour: 'an empty folder applies nothing and prunes everything',
    given: { files: { 'x/a.yaml': configMap('a'), 'x/keep.txt': '' }, spec: { path: './x' } },
    expect: { ready: 'True', inventory: ids('a') },
    steps: [
      {
        commit: { 'x/a.yaml': null },
        expect: { ready: 'True', inventory: [], objects: { 'v1/ConfigMap/a': null } },
      },
    ],
  },
  {
    section: '3.3',
    behaviour: 'a kustomization file without resources is an empty build, not an error',
    given: { files: { 'kustomization.yaml': kustomizationFile({}) } },
    expect: { ready: 'True', inventory: [] },
  },
  {
    section: '3.3',
    behaviour: 'a base outside of the path, but inside the artifact, is used',
    given: {
      files: {
        'base/kustomization.yaml': kustomizationFile({ resources: ['a.yaml'] }),
        'base/a.yaml': configMap('a'),
        'over/kustomization.yaml': kustomizationFile({ resources: ['../base'], nameSuffix: '-over' }),
      },
      spec: { path: './over' },
    },
    expect: { ready: 'True', inventory: ids('a-over') },
  },
  {
    section: '3.3',
    behaviour: 'patches of the spec come after those of the kustomization file',
    given: {
      files: {
        'kustomization.yaml': kustomizationFile({
          resources: ['a.yaml'],
          patches: [
            { target: { kind: 'Deployment' }, patch: '[{"op":"replace","path":"/spec/replicas","value":2}]' },
          ],
        }),
        'a.yaml': deployment('web'),
      },
      spec: {
        patches: [
          { target: { kind: 'Deployment' }, patch: '[{"op":"replace","path":"/spec/replicas","value":3}]' },
        ],
      },
    },
    expect: { ready: 'True', objects: { 'apps/v1/Deployment/web': { spec: { replicas: 3 } } } },
  },
  {
    section: '3.3',
    behaviour: 'buildMetadata of the spec replaces that of the kustomization file',
    given: {
      files: {
        'kustomization.yaml': kustomizationFile({ resources: ['a.yaml'], buildMetadata: ['managedByLabel'] }),
        'a.yaml': configMap('a'),
      },
      spec: { buildMetadata: ['originAnnotations'] },
    },
    expect: {
      ready: 'True',
      objects: {
        'v1/ConfigMap/a': { metadata: { annotations: { 'config.kubernetes.io/origin': /a\.yaml/ } } },
      },
      check: async (world) => {
        const labels = (await world.read('v1/ConfigMap/a'))?.metadata.labels ?? {};
        if ('app.kubernetes.io/managed-by' in labels) throw new Error('managedByLabel was kept');
      },
    },
  },
  {
    section: '3.3',
    behaviour: 'generators of the kustomization file work, and references follow the hash',
    given: {
      files: {
        'kustomization.yaml': kustomizationFile({
          namespace: '<ns>',
          resources: ['a.yaml'],
          configMapGenerator: [{ name: 'conf', files: ['app.ini'] }],
        }),
        'app.ini': 'a=1\n',
        'a.yaml': deployment('web', {
          template: {
            metadata: { labels: { app: 'web' } },
            spec: {
              containers: [{ name: 'app', image: 'app:1', envFrom: [{ configMapRef: { name: 'conf' } }] }],
            },
          },
        }),
      },
    },
    expect: {
      ready: 'True',
      objects: {
        'apps/v1/Deployment/web': {
          spec: { template: { spec: { containers: [{ envFrom: [{ configMapRef: { name: /^conf-/ } }] }] } } },
        },
      },
    },
  },
  failing(
    'a file that is no YAML fails and is named',
    { 'a.yaml': 'a: [' },
    /^failed to decode Kubernetes YAML from .*a\.yaml: /,
  ),
  failing(
    'a document that is no Kubernetes object fails and is named',
    { 'a.yaml': 'replicas: 3\n' },
    /^failed to decode Kubernetes YAML from .*a\.yaml: /,
  ),
  failing(
    'a reference out of the artifact fails',
    { 'kustomization.yaml': kustomizationFile({ resources: ['../../etc/passwd'] }) },
    /^kustomize build failed: /,
  ),
  failing(
    'a resource that does not exist fails',
    { 'kustomization.yaml': kustomizationFile({ resources: ['gone.yaml'] }) },
    /^kustomize build failed: .*gone\.yaml/,
  ),
  failing(
    'a component that is a URL fails',
    { 'a.yaml': configMap('a') },
    /^component path 'https:\/\/example\.com\/x' must be local and relative$/,
    { components: ['https://example.com/x'] },
  ),
  failing(
    'an absolute component path fails',
    { 'a.yaml': configMap('a') },
    /^component path '\/x' must be local and relative$/,
    { components: ['/x'] },
  ),
  failing(
    'Helm inflation is switched off',
    {
      'kustomization.yaml': kustomizationFile({
        helmCharts: [{ name: 'x', repo: 'https://example.com', version: '1' }],
      }),
    },
    /^kustomize build failed: .*helm/i,
  ),
  failing(
    'generator plugins are switched off',
    {
      'kustomization.yaml': kustomizationFile({ generators: ['plugin.yaml'] }),
      'plugin.yaml': JSON.stringify({
        apiVersion: 'example.com/v1',
        kind: 'Plugin',
        metadata: { name: 'p', annotations: { 'config.kubernetes.io/function': 'exec: {path: ./run.sh}' } },
      }),
      'run.sh': '#!/bin/sh\n',
    },
    /^kustomize build failed: /,
  ),
  failing(
    'a patch whose target is missing in the build fails',
    { 'a.yaml': configMap('a') },
    /^kustomize build failed: .*no (matches|resource matches)/i,
    { patches: [{ patch: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: gone}\ndata: {x: "1"}\n' }] },
  ),
  {
    section: '3.3',
    behaviour: 'a symbolic link does not lead out of the artifact: it is not part of it',
    given: {
      files: null,
      before: async (world) => {
        await linkInto(world.repository.folder, 'out', '/etc');
        await world.writeFiles({ 'kustomization.yaml': kustomizationFile({ resources: ['out/passwd'] }) });
      },
    },
    expect: { ready: { status: 'False', reason: 'BuildFailed', message: /^kustomize build failed: / } },
  },
];

async function linkInto(folder: string, name: string, target: string): Promise<void> {
  await symlink(target, join(folder, name));
}
