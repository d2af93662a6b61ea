import { groupOf, type KubeObject } from '../kube/object.js';
import { computeStatus } from './compute-status.js';
import { failed, type StatusResult } from './status.js';

/** Whether failed Pods decide the status of a kind early (flux-compat 3.8): StatefulSet and ReplicaSet. */
export function dependsOnPods(ref: { readonly apiVersion: string; readonly kind: string }): boolean {
  return groupOf(ref.apiVersion) === 'apps' && (ref.kind === 'StatefulSet' || ref.kind === 'ReplicaSet');
}

/** As `computeStatus`, but what would be waited for has failed when a Pod of it has. */
export function computeStatusWithPods(
  object: KubeObject,
  pods: readonly KubeObject[],
  now: Date,
): StatusResult {
  const result = computeStatus(object, now);
  if (result.status !== 'InProgress' || !dependsOnPods(object)) return result;
  const broken = pods.filter((pod) => computeStatus(pod, now).status === 'Failed');
  if (broken.length === 0) return result;
  return failed(`Failed pods: ${broken.map((pod) => pod.metadata.name).join(', ')}`);
}
