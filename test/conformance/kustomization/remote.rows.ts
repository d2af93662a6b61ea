import { existsSync, readFileSync } from 'node:fs';
import { configMap } from '../rig/manifests.js';
import { applyAs } from '../rig/objects.js';
import type { Fields, ScenarioRow } from '../rig/scenario-row.js';
import type { World } from '../rig/world.js';

const a = 'v1/ConfigMap/a';
const files = { 'a.yaml': configMap('a') };

/** A Secret with a kubeconfig of the cluster itself: what is applied through it can be seen beside the rest. */
const kubeconfig = (key: string) => async (world: World) =>
  await applyAs(world.kube, 'person', {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: world.namespace, name: 'remote' },
    data: { [key]: Buffer.from(readFileSync(world.rig.cluster.kubeconfig)).toString('base64') },
  });

const row = (
  behaviour: string,
  key: string,
  secretRef: Fields,
  more: Partial<ScenarioRow> = {},
  spec: Fields = {},
): ScenarioRow => ({
  section: '3.10',
  behaviour: `kubeConfig.secretRef: ${behaviour}`,
  given: {
    files,
    before: kubeconfig(key),
    spec: { kubeConfig: { secretRef: { name: 'remote', ...secretRef } }, ...spec },
  },
  expect: { ready: 'True', inventory: ['<ns>_a__ConfigMap'], objects: { [a]: {} } },
  ...more,
});

/** Clusters that are reached by a kubeconfig (flux-compat 3.10). */
export const remoteRows: readonly ScenarioRow[] = [
  row('the key value is read', 'value', {}),
  row('value.yaml is read when there is no value', 'value.yaml', {}),
  row('a key that is named is read', 'other', { key: 'other' }),
  row(
    'a key that is not there is an error',
    'value',
    { key: 'gone' },
    {
      expect: {
        ready: { status: 'False', reason: 'ReconciliationFailed', message: /gone/ },
        objects: { [a]: null },
      },
    },
  ),
  row(
    'a Secret that does not exist is an error',
    'value',
    { name: 'gone' },
    { expect: { ready: { status: 'False', message: /secrets "gone" not found/ }, objects: { [a]: null } } },
  ),
  row(
    'a path that does not exist comes before a Secret that does not exist',
    'value',
    { name: 'gone' },
    {
      section: '3.2',
      expect: {
        ready: { status: 'False', reason: 'ArtifactFailed', message: /^kustomization path not found: stat / },
        conditions: { Reconciling: { message: /^Fetching manifests for revision <revision> / } },
      },
    },
    { path: './gone' },
  ),
  row(
    'a Secret that does not exist is found while the manifests are about to be built',
    'value',
    { name: 'gone' },
    {
      section: '3.2',
      expect: {
        ready: { status: 'False', reason: 'ReconciliationFailed' },
        conditions: {
          Reconciling: {
            reason: 'ProgressingWithRetry',
            message: /^Building manifests for revision <revision> /,
          },
        },
        status: { lastAttemptedRevision: '<revision>', observedGeneration: -1 },
      },
    },
  ),
  row(
    'a service account is impersonated on top',
    'value',
    {},
    {
      expect: {
        ready: { status: 'False', message: /\(Forbidden\): .*system:serviceaccount:<ns>:nobody/ },
        objects: { [a]: null },
      },
    },
    { serviceAccountName: 'nobody' },
  ),
  row(
    'drift is corrected there too',
    'value',
    {},
    {
      steps: [
        {
          edit: { [a]: { data: { value: 'by hand' } } },
          request: true,
          expect: { objects: { [a]: { data: { value: 'one' } } } },
        },
      ],
    },
  ),
  row(
    'with its Secret gone a deleted Kustomization leaves its objects',
    'value',
    {},
    {
      steps: [
        {
          remove: ['v1/Secret/remote'],
          deletes: true,
          expect: {
            kept: [a],
            events: [{ severity: 'error', message: 'unable to prune objects: \nConfigMap/<ns>/a' }],
          },
        },
      ],
    },
  ),
  {
    section: '3.10',
    behaviour:
      'kubeConfig.configMapRef: the generic provider acts with a token of the ServiceAccount it names',
    given: {
      files,
      before: async (world) => {
        const metadata = { name: 'remote', namespace: world.namespace };
        await applyAs(world.kube, 'person', { apiVersion: 'v1', kind: 'ServiceAccount', metadata });
        const { url, caData } = world.rig.cluster;
        const data = {
          provider: 'generic',
          address: url,
          'ca.crt': Buffer.from(caData, 'base64').toString('utf8'),
          audiences: 'https://kubernetes.default.svc',
          serviceAccountName: 'remote',
        };
        await applyAs(world.kube, 'person', { apiVersion: 'v1', kind: 'ConfigMap', metadata, data });
      },
      spec: { kubeConfig: { configMapRef: { name: 'remote' } } },
    },
    expect: {
      ready: {
        status: 'False',
        reason: 'ReconciliationFailed',
        message: /\(Forbidden\): .*"system:serviceaccount:<ns>:remote"/,
      },
      objects: { [a]: null },
    },
  },
  {
    section: '3.10',
    behaviour: 'kubeConfig.configMapRef: a provider that nobody knows stalls',
    given: {
      files,
      objects: [configMap('remote', { provider: 'mine' })],
      spec: { kubeConfig: { configMapRef: { name: 'remote' } } },
    },
    expect: {
      ready: {
        status: 'False',
        reason: 'InvalidProviderConfiguration',
        message: /provider 'mine' is none of aws, azure, gcp and generic/,
      },
      conditions: { Stalled: { status: 'True' } },
    },
  },
  ...['aws', 'azure', 'gcp'].map((provider): ScenarioRow => ({
    section: '3.10',
    behaviour: `kubeConfig.configMapRef: ${provider} needs the cluster`,
    given: {
      files,
      objects: [configMap('remote', { provider })],
      spec: { kubeConfig: { configMapRef: { name: 'remote' } } },
    },
    expect: {
      ready: { status: 'False', reason: 'ReconciliationFailed', message: /data\.cluster is required/ },
      objects: { [a]: null },
    },
  })),
  {
    section: '3.10',
    behaviour: 'an exec plug-in of a kubeconfig is not run',
    given: {
      files,
      before: async (world) => {
        const { url, caData } = world.rig.cluster;
        const config = {
          apiVersion: 'v1',
          kind: 'Config',
          'current-context': 'x',
          contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
          clusters: [{ name: 'x', cluster: { server: url, 'certificate-authority-data': caData } }],
          users: [
            {
              name: 'x',
              user: {
                exec: {
                  apiVersion: 'client.authentication.k8s.io/v1',
                  command: 'touch',
                  args: [`${world.rig.storagePath}/was-run`],
                  interactiveMode: 'Never',
                },
              },
            },
          ],
        };
        await applyAs(world.kube, 'person', {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { namespace: world.namespace, name: 'remote' },
          data: { value: Buffer.from(JSON.stringify(config)).toString('base64') },
        });
      },
      spec: { kubeConfig: { secretRef: { name: 'remote' } } },
    },
    expect: {
      ready: { status: 'False', reason: 'ReconciliationFailed' },
      objects: { [a]: null },
      check: ({ rig }) => {
        if (existsSync(`${rig.storagePath}/was-run`)) throw new Error('the plug-in was run');
      },
    },
  },
  {
    section: '3.10',
    behaviour: 'substitution reads from the management cluster, whatever the kubeconfig says',
    given: {
      files: { 'a.yaml': configMap('a', { x: '${x}' }) },
      objects: [configMap('vars', { x: 'from here' })],
      before: kubeconfig('value'),
      spec: {
        kubeConfig: { secretRef: { name: 'remote' } },
        postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'vars' }] },
      },
    },
    expect: { ready: 'True', objects: { [a]: { data: { x: 'from here' } } } },
  },
];
