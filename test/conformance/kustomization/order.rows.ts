import type { KubeObject } from '@flotilla/common/kube/object';
import {
  clusterRole,
  configMap,
  crd,
  deployment,
  namespaceObject,
  secret,
  service,
} from '../rig/manifests.js';
import type { ScenarioRow } from '../rig/scenario-row.js';

const rbac = 'rbac.authorization.k8s.io/v1';
const named = (apiVersion: string, kind: string, name: string, fields: object = {}): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name },
  ...fields,
});
const inside = (apiVersion: string, kind: string, name: string, fields: object = {}): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name, namespace: '<ns>' },
  ...fields,
});
const subject = { kind: 'ServiceAccount', name: 'sa', namespace: '<ns>' };
const hook = (kind: string): KubeObject =>
  named('admissionregistration.k8s.io/v1', kind, '<ns>', { webhooks: [] });

/** In the order in which they have to be applied; each line of the log in turn. */
const lastStage: readonly KubeObject[] = [
  named(rbac, 'ClusterRoleBinding', 'binding-<ns>', {
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
    subjects: [subject],
  }),
  inside('v1', 'ResourceQuota', 'quota', { spec: { hard: { pods: '50' } } }),
  inside('v1', 'ServiceAccount', 'sa'),
  inside(rbac, 'Role', 'role', { rules: [] }),
  inside(rbac, 'RoleBinding', 'bound', {
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'role' },
    subjects: [subject],
  }),
  configMap('config'),
  secret('secret'),
  service('web'),
  inside('v1', 'LimitRange', 'limits', { spec: { limits: [] } }),
  deployment('web'),
  inside('networking.k8s.io/v1', 'NetworkPolicy', 'deny', { spec: { podSelector: {} } }),
  hook('MutatingWebhookConfiguration'),
  hook('ValidatingWebhookConfiguration'),
];

const firstStages: readonly KubeObject[] = [
  crd('Gadget'),
  namespaceObject('extra-<ns>'),
  clusterRole('role-<ns>'),
  named('scheduling.k8s.io/v1', 'PriorityClass', 'high-<ns>', { value: 10 }),
  named('storage.k8s.io/v1', 'StorageClass', 'slow-<ns>', { provisioner: 'example.com/none' }),
  named('networking.k8s.io/v1', 'IngressClass', 'class-<ns>', { spec: { controller: 'example.com/none' } }),
];

const line = ({ kind, metadata: { namespace, name } }: KubeObject): string =>
  `${kind}/${namespace ? `${namespace}/` : ''}${name} created`.replaceAll('.', String.raw`\.`);

const lease = (holderIdentity: string): KubeObject =>
  inside('coordination.k8s.io/v1', 'Lease', 'l', { spec: { holderIdentity } });

const log = (objects: readonly KubeObject[]): RegExp => new RegExp(`^${objects.map(line).join('\n')}$`);

const withNamespace = (object: KubeObject): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, namespace: '<ns>' },
});

const namespacedGauges = crd('ClusterGauge');
const gauges: KubeObject = {
  ...namespacedGauges,
  spec: { ...(namespacedGauges.spec as object), scope: 'Cluster' },
};
const gauge = named('<ns>.example.com/v1', 'ClusterGauge', 'g');
const gaugeRef = '<ns>.example.com/v1/ClusterGauge/g';
const gaugeIds = [
  '_clustergauges.<ns>.example.com_apiextensions.k8s.io_CustomResourceDefinition',
  '_g_<ns>.example.com_ClusterGauge',
];

/** Stages and the order in them (flux-compat 3.6, 2 and 3). */
export const orderRows: readonly ScenarioRow[] = [
  {
    section: '3.6',
    behaviour: 'definitions come first, then classes, each kind in its place',
    given: { files: { 'all.yaml': [configMap('config'), ...firstStages.toReversed()] } },
    expect: { ready: 'True', events: [{ message: log([...firstStages, configMap('config')]) }] },
  },
  {
    section: '3.6',
    behaviour: 'in the last stage kinds have a fixed order, and webhook configurations come last',
    given: { files: { 'all.yaml': lastStage.toReversed() } },
    expect: { ready: 'True', events: [{ message: log(lastStage) }] },
  },
  {
    section: '3.6',
    behaviour: 'objects of one kind are ordered by namespace and name',
    given: { files: { 'all.yaml': [configMap('c'), configMap('a'), configMap('b')] } },
    expect: { ready: 'True', events: [{ message: log([configMap('a'), configMap('b'), configMap('c')]) }] },
  },
  {
    // The agent of these rows runs with --custom-apply-stage-kinds=coordination.k8s.io/Lease.
    section: '8.1',
    behaviour: '--custom-apply-stage-kinds: those kinds are applied in a stage before the rest',
    given: { files: { 'all.yaml': [configMap('a'), lease('one')] } },
    expect: { ready: 'True' },
    steps: [
      {
        commit: { 'all.yaml': [service('z', { ports: [{ port: 700_000 }] }), configMap('a'), lease('two')] },
        expect: {
          ready: {
            status: 'False',
            message: /^Service\/<ns>\/z dry-run failed.*\nLease\/<ns>\/l configured\n?$/s,
          },
        },
      },
    ],
  },
  {
    section: '3.6',
    behaviour: 'custom kinds come after definitions and classes, and before the rest',
    given: {
      files: { 'all.yaml': [configMap('config'), service('web'), lease('one'), ...firstStages.toReversed()] },
    },
    expect: {
      ready: 'True',
      events: [{ message: log([...firstStages, lease('one'), configMap('config'), service('web')]) }],
    },
  },
  {
    section: '3.1',
    behaviour:
      'inventory ids: cluster-scoped objects begin with _, and a colon in an RBAC name is written __',
    given: { files: { 'a.yaml': [clusterRole('<ns>:read:all'), configMap('a')] } },
    expect: {
      ready: 'True',
      inventory: ['_<ns>__read__all_rbac.authorization.k8s.io_ClusterRole', '<ns>_a__ConfigMap'],
    },
    steps: [
      {
        commit: { 'a.yaml': configMap('a') },
        expect: {
          ready: 'True',
          objects: { 'rbac.authorization.k8s.io/v1/ClusterRole/<ns>:read:all': null },
          inventory: ['<ns>_a__ConfigMap'],
        },
      },
    ],
  },
  {
    section: '3.1',
    behaviour: 'inventory ids: a namespace in the manifest of an object that has none is no part of the id',
    given: { files: { 'a.yaml': [withNamespace(clusterRole('role-<ns>')), configMap('a')] } },
    expect: {
      ready: 'True',
      inventory: ['_role-<ns>_rbac.authorization.k8s.io_ClusterRole', '<ns>_a__ConfigMap'],
      events: [{ message: /^ClusterRole\/role-<ns> created\nConfigMap\/<ns>\/a created$/ }],
    },
    steps: [
      {
        commit: { 'a.yaml': [clusterRole('role-<ns>'), configMap('a')] },
        expect: { ready: 'True', kept: ['rbac.authorization.k8s.io/v1/ClusterRole/role-<ns>'] },
      },
    ],
  },
  {
    section: '3.7',
    behaviour:
      'a custom object without a namespace is not pruned when the build puts it into another one, as kustomize does',
    given: { files: { 'a.yaml': [gauges, gauge] }, spec: { targetNamespace: '<ns>' } },
    expect: { ready: 'True', inventory: gaugeIds },
    steps: [
      {
        spec: { targetNamespace: 'other-<ns>' },
        expect: { ready: 'True', kept: [gaugeRef], inventory: gaugeIds, noEvents: [{ message: /deleted/ }] },
      },
    ],
  },
];
