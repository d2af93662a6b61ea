import { groupOf, versionOf, type KubeObject } from '@flotilla/common/kube/object';

/** Kinds that kustomize writes before all others, and after them. */
const early = [
  'Namespace',
  'ResourceQuota',
  'StorageClass',
  'CustomResourceDefinition',
  'ServiceAccount',
  'PodSecurityPolicy',
  'Role',
  'ClusterRole',
  'RoleBinding',
  'ClusterRoleBinding',
  'ConfigMap',
  'Secret',
  'Endpoints',
  'Service',
  'LimitRange',
  'PriorityClass',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Deployment',
  'StatefulSet',
  'CronJob',
  'PodDisruptionBudget',
];
const late = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];

const rankOf = new Map([
  ...early.map((kind, index): [string, number] => [kind, index - early.length]),
  ...late.map((kind, index): [string, number] => [kind, index + 1]),
]);

/** The objects in the order in which kustomize writes them unless it is told otherwise. */
export function inOutputOrder(objects: readonly KubeObject[]): KubeObject[] {
  return objects
    .map((object) => ({
      object,
      rank: rankOf.get(object.kind) ?? 0,
      type: typeText(object),
      id: idText(object),
    }))
    .sort((a, b) => a.rank - b.rank || compareText(a.type, b.type) || compareText(a.id, b.id))
    .map(({ object }) => object);
}

/** What is empty comes last, as the tilde does among the signs of names. */
function typeText({ apiVersion, kind }: KubeObject): string {
  return `${groupOf(apiVersion) || '~G'}_${versionOf(apiVersion)}_${kind}`;
}

function idText({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? '~X'}|${metadata.name}`;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
