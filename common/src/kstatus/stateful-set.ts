import { numberAt, textAt } from './fields.js';
import { current, inProgress, type StatusRule } from './status.js';

/** StatefulSet (flux-compat 3.8): replicas are ready, none is being removed, and the roll-out has come to its end. */
export const statefulSetStatus: StatusRule = (object) => {
  if (textAt(object, 'spec', 'updateStrategy', 'type') === 'OnDelete') {
    return current('StatefulSet is using the ondelete update strategy');
  }
  const wanted = numberAt(object, 'spec', 'replicas') ?? 1;
  const replicas = numberAt(object, 'status', 'replicas') ?? 0;
  const ready = numberAt(object, 'status', 'readyReplicas') ?? 0;
  if (replicas < wanted) return inProgress(`Replicas: ${replicas}/${wanted}`);
  if (ready < wanted) return inProgress(`Ready: ${ready}/${wanted}`);
  if (replicas > wanted) return inProgress(`Pending termination: ${replicas - wanted}`);
  return rollout(object, wanted, replicas);
};

function rollout(object: unknown, wanted: number, replicas: number): ReturnType<StatusRule> {
  const partition = numberAt(object, 'spec', 'updateStrategy', 'rollingUpdate', 'partition');
  if (partition !== undefined && partition !== -1) {
    const updated = numberAt(object, 'status', 'updatedReplicas') ?? 0;
    if (updated < wanted - partition) return inProgress(`updated: ${updated}/${wanted - partition}`);
    return current(`Partition rollout complete. updated: ${updated}`);
  }
  const upToDate = numberAt(object, 'status', 'currentReplicas') ?? 0;
  if (upToDate < wanted) return inProgress(`current: ${upToDate}/${wanted}`);
  if (textAt(object, 'status', 'currentRevision') !== textAt(object, 'status', 'updateRevision')) {
    return inProgress('Waiting for updated revision to match current');
  }
  return current(`All replicas scheduled as expected. Replicas: ${replicas}`);
}
