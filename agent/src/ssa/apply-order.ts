import { groupOf, type ObjectRef } from '@flotilla/common/kube/object';

/** Kinds that others lean on come early, admission webhooks last: they could refuse what follows (flux-compat 3.6, 3). */
const first = [
  'CustomResourceDefinition',
  'Namespace',
  'ClusterRole',
  'ClusterClass',
  'RuntimeClass',
  'PriorityClass',
  'StorageClass',
  'VolumeSnapshotClass',
  'IngressClass',
  'GatewayClass',
  'ClusterRoleBinding',
  'ResourceQuota',
  'ServiceAccount',
  'Role',
  'RoleBinding',
  'ConfigMap',
  'Secret',
  'Service',
  'LimitRange',
  'Deployment',
  'StatefulSet',
  'CronJob',
  'PodDisruptionBudget',
];
const last = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];

const rankOf = new Map<string, number>([
  ...first.map((kind, index): [string, number] => [kind, index - first.length]),
  ...last.map((kind, index): [string, number] => [kind, index + 1]),
]);

/** Order of apply: by rank of the kind, then group, kind, namespace and name. Deletion goes the other way round. */
export function compareForApply(a: ObjectRef, b: ObjectRef): number {
  return (
    rank(a) - rank(b) ||
    compareText(groupOf(a.apiVersion), groupOf(b.apiVersion)) ||
    compareText(a.kind, b.kind) ||
    compareText(a.namespace ?? '', b.namespace ?? '') ||
    compareText(a.name, b.name)
  );
}

function rank(ref: ObjectRef): number {
  return rankOf.get(ref.kind) ?? 0;
}

/** By code unit, as Go compares strings; a locale would order differently on every machine. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
