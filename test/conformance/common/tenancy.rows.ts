import { configMap } from '../rig/manifests.js';
import { applyAs } from '../rig/objects.js';
import type { ScenarioRow } from '../rig/scenario-row.js';
import type { World } from '../rig/world.js';

const a = 'v1/ConfigMap/a';
const files = { 'a.yaml': configMap('a') };

/** A ServiceAccount that may do these things in the namespace of the row. */
const account = (name: string, verbs: readonly string[]) => async (world: World) => {
  const { namespace } = world;
  const rbac = 'rbac.authorization.k8s.io';
  await applyAs(world.kube, 'person', {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace },
  });
  await applyAs(world.kube, 'person', {
    apiVersion: `${rbac}/v1`,
    kind: 'Role',
    metadata: { name, namespace },
    rules: [{ apiGroups: [''], resources: ['configmaps'], verbs }],
  });
  await applyAs(world.kube, 'person', {
    apiVersion: `${rbac}/v1`,
    kind: 'RoleBinding',
    metadata: { name, namespace },
    roleRef: { apiGroup: rbac, kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  });
};

const all = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];

/** Impersonation and the lock between namespaces; the agent of these rows runs with --no-cross-namespace-refs. */
export const tenancyRows: readonly ScenarioRow[] = [
  {
    section: '1.7',
    behaviour: 'a source of another namespace is refused and stalls',
    given: { files, spec: { sourceRef: { kind: 'GitRepository', name: 'fleet', namespace: 'other' } } },
    expect: {
      ready: {
        status: 'False',
        reason: 'AccessDenied',
        message: "can't access 'GitRepository/other/fleet', cross-namespace references have been blocked",
      },
      conditions: { Stalled: { status: 'True', reason: 'AccessDenied' }, Reconciling: null },
      status: { observedGeneration: 1 },
    },
  },
  {
    section: '1.7',
    behaviour: 'a source that names the own namespace is fine',
    given: { files, spec: { sourceRef: { kind: 'GitRepository', name: 'fleet', namespace: '<ns>' } } },
    expect: { ready: 'True' },
  },
  {
    section: '1.7',
    behaviour: 'dependsOn across namespaces is never blocked',
    given: { files, spec: { dependsOn: [{ name: 'x', namespace: 'other' }] } },
    expect: {
      ready: { status: 'False', reason: 'DependencyNotReady', message: /^dependency 'other\/x' not found/ },
    },
  },
  {
    section: '3.10',
    behaviour: 'serviceAccountName: what the account may do is done in its name',
    given: { files, before: account('robot', all), spec: { serviceAccountName: 'robot' } },
    expect: { ready: 'True', objects: { [a]: {} } },
  },
  {
    section: '3.10',
    behaviour: 'serviceAccountName: what the account may not do is refused, and the error names it',
    given: { files, before: account('reader', ['get', 'list']), spec: { serviceAccountName: 'reader' } },
    expect: {
      ready: {
        status: 'False',
        reason: 'ReconciliationFailed',
        message: /^ConfigMap\/<ns>\/a dry-run failed \(Forbidden\): .*"system:serviceaccount:<ns>:reader"/,
      },
      objects: { [a]: null },
    },
  },
  {
    section: '3.10',
    behaviour: 'an account that does not exist has no rights',
    given: { files, spec: { serviceAccountName: 'nobody' } },
    expect: {
      ready: {
        status: 'False',
        reason: 'ReconciliationFailed',
        message: /system:serviceaccount:<ns>:nobody/,
      },
    },
  },
  {
    section: '3.10',
    behaviour: 'substitution reads its objects as the controller, not as the account',
    given: {
      files: { 'a.yaml': configMap('a', { x: '${x}' }) },
      before: account('robot', all),
      objects: [
        {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'vars', namespace: '<ns>' },
          stringData: { x: 'from a Secret' },
        },
      ],
      spec: {
        serviceAccountName: 'robot',
        postBuild: { substituteFrom: [{ kind: 'Secret', name: 'vars' }] },
      },
    },
    expect: { ready: 'True', objects: { [a]: { data: { x: 'from a Secret' } } } },
  },
  {
    section: '3.7',
    behaviour: 'a deletion that is refused is told, and the object stays in the inventory',
    given: {
      files: { ...files, 'b.yaml': configMap('b') },
      before: account('robot', all.slice(0, -1)),
      spec: { serviceAccountName: 'robot' },
    },
    expect: { ready: 'True' },
    steps: [
      {
        commit: { 'b.yaml': null },
        expect: {
          ready: {
            status: 'False',
            reason: 'PruneFailed',
            message: /^delete failed, errors: .*ConfigMap\/<ns>\/b/,
          },
          events: [{ severity: 'error', reason: 'PruneFailed' }],
          inventory: ['<ns>_a__ConfigMap', '<ns>_b__ConfigMap'],
          kept: ['v1/ConfigMap/b'],
        },
      },
    ],
  },
  {
    section: '3.9',
    behaviour: 'with its account gone a deleted Kustomization leaves its objects, and says so',
    given: { files, before: account('robot', all), spec: { serviceAccountName: 'robot' } },
    expect: { ready: 'True' },
    steps: [
      {
        remove: ['v1/ServiceAccount/robot'],
        deletes: true,
        expect: {
          kept: [a],
          events: [{ severity: 'error', message: 'unable to prune objects: \nConfigMap/<ns>/a' }],
        },
      },
    ],
  },
];
