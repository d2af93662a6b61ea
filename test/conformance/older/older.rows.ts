import { configMap, deployment } from '../rig/manifests.js';
import { readObject } from '../rig/objects.js';
import type { ScenarioRow } from '../rig/scenario-row.js';

const web = 'apps/v1/Deployment/web';

/** As people wrote them years ago. */
const v1beta1 = `
apiVersion: source.toolkit.fluxcd.io/v1beta1
kind: GitRepository
metadata: {name: fleet, namespace: <ns>, labels: {conformance: "<shard>"}}
spec:
  interval: 1h
  timeout: 20s
  url: <url>
  ref: {branch: main}
  gitImplementation: libgit2
  accessFrom: {namespaceSelectors: [{matchLabels: {kubernetes.io/metadata.name: dev}}]}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1beta1
kind: Kustomization
metadata: {name: apps, namespace: <ns>, labels: {conformance: "<shard>"}}
spec:
  interval: 1h
  retryInterval: 1h
  timeout: 30s
  path: ./
  prune: true
  validation: client
  sourceRef: {kind: GitRepository, name: fleet}
  healthChecks:
  - {apiVersion: apps/v1, kind: Deployment, name: web, namespace: <ns>}
  patchesStrategicMerge:
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, namespace: <ns>}
    spec: {replicas: 2, template: {metadata: {labels: {merged: "yes"}}}}
  patchesJson6902:
  - target: {kind: Deployment, name: web}
    patch:
    - {op: add, path: /metadata/annotations, value: {patched: "yes"}}
    - {op: replace, path: /spec/replicas, value: 3}
`;

const v1beta2 = v1beta1
  .replaceAll('/v1beta1', '/v1beta2')
  .replace('  gitImplementation: libgit2\n', '  gitImplementation: go-git\n')
  .replace(
    '  validation: client\n',
    '  validation: none\n  wait: false\n  commonMetadata: {labels: {common: "yes"}}\n',
  );

const files = { 'a.yaml': deployment('web') };
const patched = {
  metadata: { annotations: { patched: 'yes' } },
  spec: { replicas: 3, template: { metadata: { labels: { merged: 'yes' } } } },
};

const row = (version: string, manifests: string, apply: 'client' | 'server'): ScenarioRow => ({
  section: '0',
  behaviour: `${version} of both kinds applies ${apply === 'client' ? 'from the client' : 'on the server'}, and its old patches, health checks and options are honoured`,
  given: { files, manifests, apply },
  expect: {
    ready: { status: 'True', message: 'Applied revision: <revision>' },
    conditions: { Healthy: { status: 'True' } },
    objects: { [web]: patched },
  },
  steps: [
    {
      does: async (world) => {
        const said = await world.kubectl(manifests, apply);
        if (apply === 'client' && !/gitrepository\S* unchanged\n.*kustomization\S* unchanged/s.test(said))
          throw new Error(said);
      },
      expect: { ready: 'True', untouched: [web] },
    },
  ],
});

const warns = (
  field: string,
  kind: 'Kustomization' | 'GitRepository',
  version: string,
  manifests: string,
): ScenarioRow => ({
  section: '0',
  behaviour: `spec.${field} of ${kind} ${version} is told by a warning event, once`,
  given: { files, manifests, subject: kind },
  expect: {
    ready: 'True',
    events: [{ severity: 'error', reason: 'DeprecatedField', message: new RegExp(`^spec\\.${field} `) }],
  },
  steps: [
    {
      request: true,
      expect: {
        ready: 'True',
        check: (world) => {
          const told = world.rig.events
            .of(kind, world.namespace, world.subject.name)
            .filter(({ message }) => message.startsWith(`spec.${field} `));
          if (told.length !== 1) throw new Error(`told ${told.length} times`);
        },
      },
    },
  ],
});

/** Manifests of the versions before v1 (flux-compat 0, and 3.3 for what the old fields did). */
export const olderRows: readonly ScenarioRow[] = [
  row('v1beta1', v1beta1, 'client'),
  row('v1beta1', v1beta1, 'server'),
  row('v1beta2', v1beta2, 'client'),
  row('v1beta2', v1beta2, 'server'),
  warns('validation', 'Kustomization', 'v1beta1', v1beta1),
  warns('patchesStrategicMerge', 'Kustomization', 'v1beta2', v1beta2),
  warns('patchesJson6902', 'Kustomization', 'v1beta2', v1beta2),
  warns('gitImplementation', 'GitRepository', 'v1beta1', v1beta1),
  warns('accessFrom', 'GitRepository', 'v1beta2', v1beta2),
  {
    section: '0',
    behaviour:
      'an object of v1beta1 is stored as v1, with the fields that v1 dropped, and can be read as any version',
    given: { files, manifests: v1beta1 },
    expect: {
      ready: 'True',
      check: async (world, subject) => {
        const spec = JSON.stringify(subject.spec);
        for (const field of [
          'validation',
          'patchesStrategicMerge',
          'patchesJson6902',
          '"merged":"yes"',
          '"value":3',
        ]) {
          if (!spec.includes(field)) throw new Error(`${field} was lost`);
        }
        for (const version of ['v1beta1', 'v1beta2']) {
          const apiVersion = `kustomize.toolkit.fluxcd.io/${version}`;
          const found = await readObject(world.kube, { ...world.subject, apiVersion });
          if (JSON.stringify(found?.spec) !== spec) throw new Error(`${version} differs`);
        }
        const crd = await world.read(
          'apiextensions.k8s.io/v1/CustomResourceDefinition/kustomizations.kustomize.toolkit.fluxcd.io',
        );
        const { storedVersions } = crd!.status as { storedVersions: string[] };
        if (storedVersions.join() !== 'v1') throw new Error(storedVersions.join());
      },
    },
  },
  {
    section: '0',
    behaviour: 'an old manifest in Git is applied by the Kustomization above it',
    given: {
      files: {
        'top.yaml': v1beta2
          .slice(v1beta2.indexOf('---') + 4)
          .replace('name: apps', 'name: below')
          .replace('path: ./', 'path: ./below'),
        'below/a.yaml': deployment('web'),
        'kustomization.yaml': 'resources: [top.yaml]\n',
      },
    },
    expect: {
      ready: 'True',
      inventory: ['<ns>_below_kustomize.toolkit.fluxcd.io_Kustomization'],
      objects: { [web]: patched },
    },
    steps: [{ request: true, expect: { ready: 'True' } }],
  },
  {
    section: '0',
    behaviour: 'values that the old versions refused are refused',
    given: { files: { 'a.yaml': configMap('a') } },
    expect: { ready: 'True' },
    steps: [
      {
        does: async (world) => {
          for (const [right, wrong] of [
            ['validation: client', 'validation: maybe'],
            ['gitImplementation: libgit2', 'gitImplementation: jgit'],
            ['op: replace', 'op: invent'],
          ] as const) {
            const manifests = v1beta1.replaceAll(
              /name: (fleet|apps), namespace/g,
              'name: wrong-$1, namespace',
            );
            const said = await world
              .kubectl(manifests.replace(right, wrong), 'server')
              .catch((error: Error) => error.message);
            if (!/Invalid value|Unsupported value/.test(said)) throw new Error(`${wrong}: ${said}`);
          }
        },
      },
    ],
  },
];
