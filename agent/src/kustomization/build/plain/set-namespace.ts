import { groupOf, type KubeObject, type TypeRef } from '@flotilla/common/kube/object';

/** Kinds of Kubernetes whose only namespace is that of their metadata. */
const namespaced = new Set([
  '/ConfigMap',
  '/LimitRange',
  '/PersistentVolumeClaim',
  '/Pod',
  '/ResourceQuota',
  '/Secret',
  '/Service',
  '/ServiceAccount',
  'apps/DaemonSet',
  'apps/Deployment',
  'apps/ReplicaSet',
  'apps/StatefulSet',
  'autoscaling/HorizontalPodAutoscaler',
  'batch/CronJob',
  'batch/Job',
  'networking.k8s.io/Ingress',
  'networking.k8s.io/NetworkPolicy',
  'policy/PodDisruptionBudget',
  'rbac.authorization.k8s.io/Role',
]);

/** Kinds without a namespace, in which none has to be set either. */
const clusterWide = new Set([
  'networking.k8s.io/IngressClass',
  'rbac.authorization.k8s.io/ClusterRole',
  'scheduling.k8s.io/PriorityClass',
  'storage.k8s.io/StorageClass',
]);

/** Puts an object into the namespace, as `namespace` in a kustomization file does. False when more has to be done. */
export function setNamespace(object: KubeObject, namespace: string): boolean {
  if (clusterWide.has(kindOf(object))) return true;
  if (!isNamespaced(object) && !isCustom(object)) return false;
  object.metadata.namespace = namespace;
  return true;
}

/** True for the kinds of Kubernetes that are known to be in a namespace. */
export function isNamespaced(type: TypeRef): boolean {
  return namespaced.has(kindOf(type));
}

function kindOf({ apiVersion, kind }: TypeRef): string {
  return `${groupOf(apiVersion)}/${kind}`;
}

/** kustomize takes every kind that it does not know for a namespaced one. */
function isCustom(object: KubeObject): boolean {
  const group = groupOf(object.apiVersion);
  return group.includes('.') && !group.endsWith('.k8s.io');
}
