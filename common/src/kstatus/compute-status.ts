import { groupOf, type KubeObject } from '../kube/object.js';
import { customResourceDefinitionStatus } from './custom-resource-definition.js';
import { daemonSetStatus } from './daemon-set.js';
import { deploymentStatus } from './deployment.js';
import { genericStatus, readyStatus } from './generic.js';
import { jobStatus } from './job.js';
import { podStatus } from './pod.js';
import { replicaSetStatus } from './replica-set.js';
import { alwaysCurrent, disruptionBudgetStatus, serviceStatus, volumeClaimStatus } from './simple-kinds.js';
import { statefulSetStatus } from './stateful-set.js';
import type { StatusResult, StatusRule } from './status.js';

/** By group/kind; every version of a kind has the same rule. */
const rules: ReadonlyMap<string, StatusRule> = new Map([
  ['/ConfigMap', alwaysCurrent],
  ['/PersistentVolumeClaim', volumeClaimStatus],
  ['/Pod', podStatus],
  ['/Secret', alwaysCurrent],
  ['/Service', serviceStatus],
  ['apiextensions.k8s.io/CustomResourceDefinition', customResourceDefinitionStatus],
  ['apps/DaemonSet', daemonSetStatus],
  ['apps/Deployment', deploymentStatus],
  ['apps/ReplicaSet', replicaSetStatus],
  ['apps/StatefulSet', statefulSetStatus],
  ['batch/CronJob', alwaysCurrent],
  ['batch/Job', jobStatus],
  ['extensions/DaemonSet', daemonSetStatus],
  ['extensions/Deployment', deploymentStatus],
  ['extensions/ReplicaSet', replicaSetStatus],
  ['policy/PodDisruptionBudget', disruptionBudgetStatus],
]);

/**
 * Health of an object from what the API server says of it (flux-compat 3.8). Never throws, whatever the object
 * looks like. Undefined stands for an object that does not exist.
 */
export function computeStatus(object: KubeObject | undefined, now: Date): StatusResult {
  if (!object) return { status: 'NotFound', message: 'Resource not found' };
  const rule = rules.get(`${groupOf(object.apiVersion)}/${object.kind}`) ?? readyStatus;
  return genericStatus(object) ?? rule(object, now);
}
