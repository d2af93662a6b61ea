import { numberAt } from './fields.js';
import { current, inProgress, type StatusRule } from './status.js';

const counts = [
  ['Current', 'currentNumberScheduled'],
  ['Updated', 'updatedNumberScheduled'],
  ['Available', 'numberAvailable'],
  ['Ready', 'numberReady'],
] as const;

/** DaemonSet (flux-compat 3.8). Its controller sets both generations, so an absent one means that it has not looked. */
export const daemonSetStatus: StatusRule = (object) => {
  if (numberAt(object, 'metadata', 'generation') === undefined) {
    return inProgress(`${object.kind} metadata.generation not found`);
  }
  if (numberAt(object, 'status', 'observedGeneration') === undefined) {
    return inProgress(`${object.kind} status.observedGeneration not found`);
  }
  const desired = numberAt(object, 'status', 'desiredNumberScheduled');
  if (desired === undefined) return inProgress('Missing .status.desiredNumberScheduled');
  for (const [label, field] of counts) {
    const actual = numberAt(object, 'status', field) ?? 0;
    if (actual < desired) return inProgress(`${label}: ${actual}/${desired}`);
  }
  return current(`All replicas scheduled as expected. Replicas: ${desired}`);
};
