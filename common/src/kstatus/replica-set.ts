import { conditionOf, numberAt } from './fields.js';
import { current, inProgress, type StatusRule } from './status.js';

const counts = [
  ['Labelled', 'fullyLabeledReplicas'],
  ['Available', 'availableReplicas'],
  ['Ready', 'readyReplicas'],
] as const;

/** ReplicaSet (flux-compat 3.8). */
export const replicaSetStatus: StatusRule = (object) => {
  if (conditionOf(object, 'ReplicaFailure')?.status === 'True') {
    return inProgress('Replica Failure condition. Check Pods');
  }
  const wanted = numberAt(object, 'spec', 'replicas') ?? 1;
  for (const [label, field] of counts) {
    const actual = numberAt(object, 'status', field) ?? 0;
    if (actual < wanted) return inProgress(`${label}: ${actual}/${wanted}`);
  }
  const replicas = numberAt(object, 'status', 'replicas') ?? 0;
  if (replicas > wanted) return inProgress(`Pending termination: ${replicas - wanted}`);
  return current(`ReplicaSet is available. Replicas: ${replicas}`);
};
