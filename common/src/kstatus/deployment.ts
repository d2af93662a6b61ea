import { conditionOf, numberAt } from './fields.js';
import { current, failed, inProgress, type StatusRule } from './status.js';

/** The API server's way to say that a Deployment has no deadline. */
const noDeadline = 2 ** 31 - 1;

/** Deployment (flux-compat 3.8): all replicas are updated, available and ready, and no roll-out is under way. */
export const deploymentStatus: StatusRule = (object) => {
  const progressing = conditionOf(object, 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded') return failed('Progress deadline exceeded');
  const counts = unfinishedCount(object);
  if (counts) return inProgress(counts);
  const deadline = numberAt(object, 'spec', 'progressDeadlineSeconds') ?? noDeadline;
  const rolledOut = progressing?.status === 'True' && progressing.reason === 'NewReplicaSetAvailable';
  if (deadline !== noDeadline && !rolledOut) return inProgress('ReplicaSet not Available');
  if (conditionOf(object, 'Available')?.status !== 'True') return inProgress('Deployment not Available');
  return current(`Deployment is available. Replicas: ${numberAt(object, 'status', 'replicas') ?? 0}`);
};

function unfinishedCount(object: unknown): string | undefined {
  const wanted = numberAt(object, 'spec', 'replicas') ?? 1;
  const replicas = numberAt(object, 'status', 'replicas') ?? 0;
  const updated = numberAt(object, 'status', 'updatedReplicas') ?? 0;
  const available = numberAt(object, 'status', 'availableReplicas') ?? 0;
  const ready = numberAt(object, 'status', 'readyReplicas') ?? 0;
  if (replicas < wanted) return `Replicas: ${replicas}/${wanted}`;
  if (updated < wanted) return `Updated: ${updated}/${wanted}`;
  if (replicas > wanted) return `Pending termination: ${replicas - wanted}`;
  if (available < updated) return `Available: ${available}/${updated}`;
  if (ready < wanted) return `Ready: ${ready}/${wanted}`;
  return undefined;
}
