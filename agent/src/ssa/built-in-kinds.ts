import { groupOf } from '@flotilla/common/kube/object';

/** API groups whose types come with Kubernetes and are in every client's scheme. */
const builtInGroups = new Set([
  '',
  'admissionregistration.k8s.io',
  'apps',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'extensions',
  'flowcontrol.apiserver.k8s.io',
  'internal.apiserver.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'resource.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
  'storagemigration.k8s.io',
]);

/** True for kinds of Kubernetes itself, false for custom resources and CustomResourceDefinitions. */
export function isBuiltInKind(type: { apiVersion: string }): boolean {
  return builtInGroups.has(groupOf(type.apiVersion));
}
