import { readFileSync } from 'node:fs';
import { configMap, deployment, job, secret } from '../rig/manifests.js';
import type { Fields, ScenarioRow } from '../rig/scenario-row.js';
import { external } from './external-artifact.js';

const a = 'v1/ConfigMap/a';
const files = { 'a.yaml': configMap('a') };

/** Gates of an agent that has them all the other way round than by default (flux-compat 8.1). */
export const otherGates =
  'DisableFailFastBehavior=true,AdditiveCELDependencyCheck=true,StrictPostBuildSubstitutions=false,ExternalArtifact=true';

export const gateEffectRows: readonly ScenarioRow[] = [
  {
    section: '3.5',
    behaviour: 'StrictPostBuildSubstitutions=false: a missing variable is an empty text',
    given: {
      files: { 'a.yaml': configMap('a', { x: '[${none}] ${none^^}' }) },
      spec: { postBuild: { substitute: { any: 'x' } } },
    },
    expect: { ready: 'True', objects: { [a]: { data: { x: '[] ' } } } },
  },
  {
    section: '3.8',
    behaviour: 'DisableFailFastBehavior: one failed object does not end the wait for the others',
    given: {
      files: { 'a.yaml': [job('j', 'app:fail'), deployment('web', { image: 'app:slow-4' })] },
      spec: { wait: true, timeout: '30s' },
    },
    expect: {
      ready: {
        status: 'False',
        reason: 'HealthCheckFailed',
        message:
          /^health check failed after 3\d(\.\d+)?s: timeout waiting for: \[.*Job\/<ns>\/j status: 'Failed'/,
      },
    },
  },
  {
    section: '3.2',
    behaviour: 'AdditiveCELDependencyCheck: readyExpr is asked besides the built-in checks',
    given: {
      files,
      others: { base: { path: './missing' } },
      spec: { dependsOn: [{ name: 'base', readyExpr: 'true' }] },
    },
    expect: {
      ready: {
        status: 'False',
        reason: 'DependencyNotReady',
        message: "dependency '<ns>/base' is not ready",
      },
    },
  },
  {
    section: '3.2',
    behaviour: 'ExternalArtifact: a Kustomization takes its artifact by the address in the status',
    given: {
      files,
      source: null,
      before: (world) => external(world),
      spec: { sourceRef: { kind: 'ExternalArtifact', name: 'built' } },
    },
    expect: { ready: 'True', status: { lastAppliedRevision: '<revision>' }, objects: { [a]: {} } },
  },
  {
    section: '3.2',
    behaviour: 'an artifact whose content has another digest is refused',
    given: {
      files,
      source: null,
      before: (world) => external(world, { digest: `sha256:${'0'.repeat(64)}` }),
      spec: { sourceRef: { kind: 'ExternalArtifact', name: 'built' } },
    },
    expect: {
      ready: { status: 'False', reason: 'ArtifactFailed', message: /digest/ },
      objects: { [a]: null },
    },
  },
  {
    section: '3.2',
    behaviour: 'an artifact that its server does not have any more is waited for, without an event',
    given: {
      files,
      source: null,
      before: (world) =>
        external(world, { url: `${world.rig.git.url}/gone.tar.gz`, digest: `sha256:${'1'.repeat(64)}` }),
      spec: { sourceRef: { kind: 'ExternalArtifact', name: 'built' } },
    },
    expect: {
      ready: {
        status: 'False',
        reason: 'ArtifactFailed',
        message: 'Source is not ready, artifact not found, retrying in 1s',
      },
      noEvents: [{ severity: 'error' }],
    },
  },
];

/** The lock-down of the documentation: --default-service-account and the rest (flux-compat 8.2). */
export const lockDownRows: readonly ScenarioRow[] = [
  {
    section: '8.2',
    behaviour: '--default-service-account: who names no account acts as that one of the own namespace',
    given: { files },
    expect: {
      ready: {
        status: 'False',
        reason: 'ReconciliationFailed',
        message: /\(Forbidden\): .*"system:serviceaccount:<ns>:default"/,
      },
      objects: { [a]: null },
    },
  },
  {
    section: '8.2',
    behaviour: '--default-service-account: an account that is named counts',
    given: { files, spec: { serviceAccountName: 'robot' } },
    expect: { ready: { status: 'False', message: /"system:serviceaccount:<ns>:robot"/ } },
  },
  {
    section: '8.2',
    behaviour: '--default-service-account is impersonated on top of a kubeconfig, too',
    given: {
      files,
      before: async (world) => {
        const value = readFileSync(world.rig.cluster.kubeconfig, 'utf8');
        await world.rig.cluster.kube.call({
          method: 'POST',
          path: `/api/v1/namespaces/${world.namespace}/secrets`,
          body: world.filled(secret('remote', { stringData: { value } })),
        });
      },
      spec: { kubeConfig: { secretRef: { name: 'remote' } } },
    },
    expect: { ready: { status: 'False', message: /"system:serviceaccount:<ns>:default"/ } },
  },
];

/** For an agent with --watch-all-namespaces=false: only objects of its own namespace are its (flux-compat 8.1). */
export const ownNamespaceRows: readonly ScenarioRow[] = [
  {
    section: '8.1',
    behaviour: '--watch-all-namespaces=false: an object of another namespace is left alone',
    given: { files, source: null },
    steps: [
      {
        does: (world) => world.pause(3_000),
        settles: false,
        expect: {
          check: (_world, { metadata, status }) => {
            const { conditions } = status as Fields;
            if (metadata.finalizers || conditions) throw new Error(JSON.stringify({ metadata, status }));
          },
        },
      },
    ],
  },
];
