import { configMap, deployment, job, kustomizationFile, secret, service } from '../rig/manifests.js';
import type { Fields, ScenarioRow } from '../rig/scenario-row.js';

const web = 'apps/v1/Deployment/web';
const a = 'v1/ConfigMap/a';

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
    steps: [
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
    steps: [
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
    steps: [
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
    behaviour: 'suspend: what is ready stays so for those that wait for it, whatever generation it is at',
    given: { files: { 'a.yaml': configMap('a') } },
    expect: { ready: 'True', status: { observedGeneration: 1 } },
    steps: [
      {
        spec: { suspend: true },
        settles: false,
        expect: {
          ready: { status: 'True', reason: 'ReconciliationSucceeded', observedGeneration: 1 },
          status: { observedGeneration: 2 },
          conditions: { Reconciling: null },
        },
      },
    ],
  },
  {
    section: '3.1',
    behaviour: 'suspend: what is not ready is not called so',
    given: { files: { 'a.yaml': configMap('a') }, spec: { path: './gone' } },
    expect: { ready: 'False', status: { observedGeneration: -1 } },
    steps: [
      {
        does: async (world) => {
          await world.edit(world.subject, { spec: { suspend: true } });
          await world.request();
        },
        settles: false,
        expect: { ready: { status: 'False', reason: 'ArtifactFailed' }, status: { observedGeneration: -1 } },
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
