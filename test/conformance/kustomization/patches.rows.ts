import { configMap, deployment, kustomizationFile } from '../rig/manifests.js';
import type { Fields, ScenarioRow } from '../rig/scenario-row.js';

const web = 'apps/v1/Deployment/web';

/** A Deployment whose one container has this image. */
const withImage = (image: string | RegExp): Fields => ({
  spec: { template: { spec: { containers: [{ image }] } } },
});

const imageRow = (behaviour: string, images: readonly Fields[], image: string | RegExp): ScenarioRow => ({
  section: '3.1',
  behaviour,
  given: {
    files: { 'a.yaml': deployment('web', { image: 'registry.example.com/app:1.0' }) },
    spec: { images },
  },
  expect: { ready: 'True', objects: { [web]: withImage(image) } },
});

const name = 'registry.example.com/app';
const digest = `sha256:${'a'.repeat(64)}`;

/** Replicas become 3 where the target fits, and stay 1 where it does not. */
const targetRow = (title: string, target: Fields, fits: boolean): ScenarioRow => ({
  section: '3.1',
  behaviour: `patches[].target.${title} ${fits ? 'selects' : 'passes by'}`,
  given: {
    files: {
      'a.yaml': deployment('web', {}, { labels: { tier: 'front' }, annotations: { zone: 'a' } }),
    },
    spec: { patches: [{ patch: '[{"op": "replace", "path": "/spec/replicas", "value": 3}]', target }] },
  },
  expect: { ready: 'True', objects: { [web]: { spec: { replicas: fits ? 3 : 1 } } } },
});

/** spec.images and spec.patches (flux-compat 3.1), and how images meet those of the kustomization file (3.3). */
export const patchRows: readonly ScenarioRow[] = [
  imageRow('images: newTag replaces the tag', [{ name, newTag: '2.0' }], `${name}:2.0`),
  imageRow('images: newName replaces the name', [{ name, newName: 'mirror/app' }], 'mirror/app:1.0'),
  imageRow(
    'images: newName and newTag together',
    [{ name, newName: 'mirror/app', newTag: '3' }],
    'mirror/app:3',
  ),
  imageRow('images: a digest replaces the tag', [{ name, digest }], `${name}@${digest}`),
  imageRow(
    'images: a digest wins over newTag: it decides what is pulled',
    [{ name, newTag: '2.0', digest }],
    new RegExp(`^${name}(:2\\.0)?@${digest}$`),
  ),
  imageRow('images: other images stay', [{ name: 'registry.example.com/other', newTag: '9' }], `${name}:1.0`),
  {
    section: '3.3',
    behaviour: 'images are merged with those of the kustomization file field by field',
    given: {
      files: {
        'kustomization.yaml': kustomizationFile({
          resources: ['a.yaml'],
          images: [{ name, newName: 'mirror/app', newTag: '2' }],
        }),
        'a.yaml': deployment('web', { image: `${name}:1.0` }),
      },
      spec: { images: [{ name, newTag: '3' }] },
    },
    expect: { ready: 'True', objects: { [web]: withImage('mirror/app:3') } },
  },
  {
    section: '3.3',
    behaviour: 'a digest of the spec replaces the newTag of the kustomization file',
    given: {
      files: {
        'kustomization.yaml': kustomizationFile({ resources: ['a.yaml'], images: [{ name, newTag: '2' }] }),
        'a.yaml': deployment('web', { image: `${name}:1.0` }),
      },
      spec: { images: [{ name, digest }] },
    },
    expect: { ready: 'True', objects: { [web]: withImage(`${name}@${digest}`) } },
  },
  {
    section: '3.1',
    behaviour: 'images[].digest replaces the tag, and wins over newTag beside it',
    given: {
      files: { 'a.yaml': deployment('web', { image: `${name}:1.0` }) },
      spec: { images: [{ name, newTag: '3', digest }] },
    },
    expect: { ready: 'True', objects: { [web]: withImage(`${name}@${digest}`) } },
  },
  {
    section: '3.1',
    behaviour: 'patches: a strategic merge patch finds its object by its own metadata',
    given: {
      files: { 'a.yaml': deployment('web') },
      spec: {
        patches: [
          {
            patch:
              'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: <ns>}\nspec: {replicas: 3}\n',
          },
        ],
      },
    },
    expect: { ready: 'True', objects: { [web]: { spec: { replicas: 3 } } } },
  },
  {
    section: '3.1',
    behaviour: 'patches: a JSON patch goes to its target',
    given: {
      files: { 'a.yaml': [deployment('web'), deployment('other')] },
      spec: {
        patches: [
          {
            patch: '- {op: replace, path: /spec/replicas, value: 3}',
            target: { kind: 'Deployment', name: 'web' },
          },
        ],
      },
    },
    expect: {
      ready: 'True',
      objects: { [web]: { spec: { replicas: 3 } }, 'apps/v1/Deployment/other': { spec: { replicas: 1 } } },
    },
  },
  {
    section: '3.1',
    behaviour: 'patches: $patch: delete takes an object out of the build',
    given: {
      files: { 'a.yaml': [configMap('a'), configMap('b')] },
      spec: {
        patches: [
          {
            patch: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: all}\n$patch: delete\n',
            target: { kind: 'ConfigMap', name: 'b' },
          },
        ],
      },
    },
    expect: { ready: 'True', inventory: ['<ns>_a__ConfigMap'] },
  },
  targetRow('group: apps', { group: 'apps' }, true),
  targetRow('group: app', { group: 'app' }, false),
  targetRow('version: v1', { version: 'v1', kind: 'Deployment' }, true),
  targetRow('kind: Deploy.*', { kind: 'Deploy.*' }, true),
  targetRow('kind: Deploy', { kind: 'Deploy' }, false),
  targetRow('name: w.b', { kind: 'Deployment', name: 'w.b' }, true),
  targetRow('namespace: elsewhere', { kind: 'Deployment', namespace: 'elsewhere' }, false),
  targetRow('labelSelector: tier=front', { labelSelector: 'tier=front' }, true),
  targetRow('labelSelector: tier!=front', { kind: 'Deployment', labelSelector: 'tier!=front' }, false),
  targetRow('annotationSelector: zone in (a, b)', { annotationSelector: 'zone in (a, b)' }, true),
];
