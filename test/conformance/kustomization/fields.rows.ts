import { configMap, deployment, job, kustomizationFile, secret, service } from '../rig/manifests.js';
import type { Fields, ScenarioRow } from '../rig/scenario-row.js';

const web = 'apps/v1/Deployment/web';
const a = 'v1/ConfigMap/a';

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

const overlay = (folder: string): Fields => ({ path: `./${folder}` });

/** What each field of the spec does (flux-compat 3.1). */
export const fieldRows: readonly ScenarioRow[] = [
  {
    section: '3.1',
    behaviour: 'path: only that folder is built',
    given: { files: { 'x/a.yaml': configMap('a'), 'y/b.yaml': configMap('b') }, spec: overlay('x') },
    expect: { ready: 'True', inventory: ['<ns>_a__ConfigMap'] },
  },
  {
    section: '3.1',
    behaviour: 'path: absent means the root of the artifact',
    given: { files: { 'x/a.yaml': configMap('a'), 'b.yaml': configMap('b') } },
    expect: { ready: 'True', inventory: ['<ns>_a__ConfigMap', '<ns>_b__ConfigMap'] },
  },
  ...['x', './x', './x/', '/x'].map((path): ScenarioRow => ({
    section: '3.1',
    behaviour: `path: ${path} is a folder below the root`,
    given: { files: { 'x/a.yaml': configMap('a'), 'b.yaml': configMap('b') }, spec: { path } },
    expect: { ready: 'True', inventory: ['<ns>_a__ConfigMap'] },
  })),
  {
    section: '3.1',
    behaviour: 'targetNamespace: every namespaced object moves there',
    given: {
      files: {
        'a.yaml': [configMap('a', {}, { namespace: 'elsewhere' }), configMap('b', {}, { namespace: '' })],
      },
      spec: { targetNamespace: '<ns>' },
    },
    expect: { ready: 'True', inventory: ['<ns>_a__ConfigMap', '<ns>_b__ConfigMap'] },
  },
  {
    section: '3.1',
    behaviour: 'targetNamespace: wins over the namespace of the kustomization file',
    given: {
      files: {
        'kustomization.yaml': kustomizationFile({ namespace: 'elsewhere', resources: ['a.yaml'] }),
        'a.yaml': configMap('a'),
      },
      spec: { targetNamespace: '<ns>' },
    },
    expect: { ready: 'True', inventory: ['<ns>_a__ConfigMap'] },
  },
  {
    section: '3.1',
    behaviour: 'namePrefix and nameSuffix: every name gets them, and references follow',
    given: {
      files: {
        'a.yaml': configMap('a'),
        'b.yaml': deployment('web', {
          template: {
            metadata: { labels: { app: 'web' } },
            spec: {
              containers: [{ name: 'app', image: 'app:1', envFrom: [{ configMapRef: { name: 'a' } }] }],
            },
          },
        }),
      },
      spec: { namePrefix: 'pre-', nameSuffix: '-post' },
    },
    expect: {
      ready: 'True',
      objects: {
        'v1/ConfigMap/pre-a-post': {},
        'apps/v1/Deployment/pre-web-post': {
          spec: {
            template: { spec: { containers: [{ envFrom: [{ configMapRef: { name: 'pre-a-post' } }] }] } },
          },
        },
      },
    },
  },
  {
    section: '3.1',
    behaviour: 'namePrefix: replaces that of the kustomization file',
    given: {
      files: {
        'kustomization.yaml': kustomizationFile({ namePrefix: 'old-', resources: ['a.yaml'] }),
        'a.yaml': configMap('a'),
      },
      spec: { namePrefix: 'new-' },
    },
    expect: { ready: 'True', inventory: ['<ns>_new-a__ConfigMap'] },
  },
  {
    section: '3.1',
    behaviour: 'commonMetadata: labels and annotations reach every object, but no Pod template',
    given: {
      files: { 'a.yaml': [configMap('a'), deployment('web')] },
      spec: { commonMetadata: { labels: { team: 'a' }, annotations: { note: 'n' } } },
    },
    expect: {
      ready: 'True',
      objects: {
        [a]: { metadata: { labels: { team: 'a' }, annotations: { note: 'n' } } },
        [web]: { metadata: { labels: { team: 'a' }, annotations: { note: 'n' } } },
      },
      check: async (world) => {
        const found = (await world.read(web)) as unknown as { spec: { template: { metadata: Fields } } };
        const labels = found.spec.template.metadata['labels'] as Fields;
        if ('team' in labels) throw new Error('the Pod template has the label');
      },
    },
  },
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
  {
    section: '3.1',
    behaviour: 'components: they are put on top of what is built',
    given: {
      files: {
        'x/a.yaml': configMap('a'),
        'parts/more/kustomization.yaml':
          'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [b.yaml]\n',
        'parts/more/b.yaml': configMap('b'),
      },
      spec: { path: './x', components: ['../parts/more'] },
    },
    expect: { ready: 'True', inventory: ['<ns>_a__ConfigMap', '<ns>_b__ConfigMap'] },
  },
  {
    section: '3.1',
    behaviour: 'ignoreMissingComponents: a component that is not there is skipped',
    given: {
      files: { 'x/a.yaml': configMap('a') },
      spec: { path: './x', components: ['../parts/gone'], ignoreMissingComponents: true },
    },
    expect: { ready: 'True', inventory: ['<ns>_a__ConfigMap'] },
  },
  {
    section: '3.1',
    behaviour: 'a missing component is an error unless it may be missing',
    given: { files: { 'x/a.yaml': configMap('a') }, spec: { path: './x', components: ['../parts/gone'] } },
    expect: { ready: { status: 'False', reason: 'BuildFailed', message: /parts\/gone/ } },
  },
  {
    section: '3.1',
    behaviour: 'buildMetadata: originAnnotations say which file an object came from',
    given: {
      files: { 'kustomization.yaml': kustomizationFile({ resources: ['a.yaml'] }), 'a.yaml': configMap('a') },
      spec: { buildMetadata: ['originAnnotations'] },
    },
    expect: {
      ready: 'True',
      objects: { [a]: { metadata: { annotations: { 'config.kubernetes.io/origin': /path: a\.yaml/ } } } },
    },
  },
  {
    section: '3.1',
    behaviour: 'prune: false keeps what leaves Git, and forgets it',
    given: { files: { 'a.yaml': configMap('a'), 'b.yaml': configMap('b') }, spec: { prune: false } },
    expect: { ready: 'True', inventory: ['<ns>_a__ConfigMap', '<ns>_b__ConfigMap'] },
    then: [
      {
        commit: { 'b.yaml': null },
        expect: { ready: 'True', kept: ['v1/ConfigMap/b'], inventory: ['<ns>_a__ConfigMap'] },
      },
    ],
  },
  {
    section: '3.1',
    behaviour: 'suspend: nothing is applied until it is lifted',
    given: { files: { 'a.yaml': configMap('a') }, spec: { suspend: true } },
    then: [
      { request: true, expect: { objects: { [a]: null }, conditions: { Ready: null } }, settles: false },
      { spec: { suspend: false }, expect: { ready: 'True', objects: { [a]: {} } } },
    ],
  },
  {
    section: '3.1',
    behaviour: 'interval: the next run is told in the event',
    given: { spec: { interval: '90m' } },
    expect: { ready: 'True', events: [{ message: /^Reconciliation finished in .*s, next run in 1h30m0s$/ }] },
  },
  {
    section: '3.1',
    behaviour: 'retryInterval: a failure is tried again after it, without an event from outside',
    given: {
      files: { 'a.yaml': configMap('a', {}, { namespace: 'late-<ns>' }) },
      spec: { retryInterval: '1s' },
    },
    expect: { ready: 'False' },
    then: [
      {
        does: (world) =>
          world.kube.call({
            method: 'POST',
            path: '/api/v1/namespaces',
            body: { metadata: { name: `late-${world.namespace}` } },
          }),
        expect: { ready: 'True' },
        settles: false,
      },
    ],
  },
  {
    section: '3.1',
    behaviour: 'sourceRef.namespace: a source of another namespace is used',
    given: {
      files: { 'a.yaml': configMap('a') },
      spec: { sourceRef: { kind: 'GitRepository', name: 'fleet', namespace: '<ns>' } },
    },
    expect: { ready: 'True' },
  },
  {
    section: '3.1',
    behaviour: 'sourceRef.apiVersion is not looked at',
    given: {
      files: { 'a.yaml': configMap('a') },
      spec: {
        sourceRef: { apiVersion: 'source.toolkit.fluxcd.io/v1beta2', kind: 'GitRepository', name: 'fleet' },
      },
    },
    expect: { ready: 'True' },
  },
  {
    section: '3.1',
    behaviour: 'wait: the reconcile ends when all that was applied is ready',
    given: {
      files: { 'a.yaml': [deployment('web', { image: 'app:slow-2' }), service('web')] },
      spec: { wait: true },
    },
    expect: {
      ready: 'True',
      conditions: {
        Healthy: { status: 'True', reason: 'Succeeded', message: /^Health check passed in .*s$/ },
      },
      objects: { [web]: { status: { readyReplicas: 1 } } },
    },
  },
  {
    section: '3.1',
    behaviour: 'healthChecks: the listed objects are waited for, also those of others',
    given: {
      files: { 'a.yaml': configMap('a') },
      objects: [job('migrate', 'app:slow-2')],
      spec: { healthChecks: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'migrate', namespace: '<ns>' }] },
    },
    expect: {
      ready: 'True',
      conditions: { Healthy: { status: 'True' } },
      objects: { 'batch/v1/Job/migrate': { status: { succeeded: 1 } } },
    },
  },
  {
    section: '3.1',
    behaviour: 'healthChecks[].apiVersion: absent means apps/v1',
    given: {
      files: { 'a.yaml': deployment('web', { image: 'app:slow-1' }) },
      spec: { healthChecks: [{ kind: 'Deployment', name: 'web', namespace: '<ns>' }] },
    },
    expect: { ready: 'True', conditions: { Healthy: { status: 'True' } } },
  },
  {
    section: '3.1',
    behaviour: 'postBuild.substituteFrom: later objects win, and substitute wins over all',
    given: {
      files: { 'a.yaml': configMap('a', { x: '${x}', y: '${y}', z: '${z}' }) },
      objects: [
        configMap('one', { x: 'map', y: 'map', z: 'map' }),
        secret('two', { stringData: { y: 'secret', z: 'secret' } }),
      ],
      spec: {
        postBuild: {
          substituteFrom: [
            { kind: 'ConfigMap', name: 'one' },
            { kind: 'Secret', name: 'two' },
          ],
          substitute: { z: 'inline' },
        },
      },
    },
    expect: { ready: 'True', objects: { [a]: { data: { x: 'map', y: 'secret', z: 'inline' } } } },
  },
  {
    section: '3.1',
    behaviour: 'postBuild.substituteFrom[].optional: a missing object is no error',
    given: {
      files: { 'a.yaml': configMap('a', { x: '${x:=none}' }) },
      spec: {
        postBuild: {
          substituteFrom: [{ kind: 'ConfigMap', name: 'gone', optional: true }],
          substitute: { q: '1' },
        },
      },
    },
    expect: { ready: 'True', objects: { [a]: { data: { x: 'none' } } } },
  },
  ...(['ConfigMap', 'Secret'] as const).map((kind): ScenarioRow => ({
    section: '3.5',
    behaviour: `a missing ${kind} of substituteFrom is an error that names it`,
    given: {
      files: { 'a.yaml': configMap('a') },
      spec: { postBuild: { substituteFrom: [{ kind, name: 'gone' }] } },
    },
    expect: {
      ready: {
        status: 'False',
        reason: 'BuildFailed',
        message: new RegExp(`substitute from '${kind}/gone' error: .*not found`),
      },
    },
  })),
];
