import { conditionOf, fieldAt, textAt } from './fields.js';
import { current, failed, inProgress, type StatusRule } from './status.js';

/** A Pod that does not fit anywhere gets this long, in which a node may still come. */
const scheduleWindowMs = 15_000;

/** Pod (flux-compat 3.8): finished, well or not, or running and ready. */
export const podStatus: StatusRule = (object, now) => {
  const phase = textAt(object, 'status', 'phase') ?? '';
  switch (phase) {
    case 'Succeeded':
      return current('Pod has completed successfully');
    case 'Failed':
      return current('Pod has completed, but not successfully');
    case 'Running':
      return running(object);
    case 'Pending':
      return pending(object, now);
    case '':
      return inProgress('Pod phase not available');
    default:
      return { status: 'Unknown', message: `unknown phase ${phase}` };
  }
};

function running(object: unknown): ReturnType<StatusRule> {
  if (conditionOf(object, 'Ready')?.status === 'True') return current('Pod is Ready');
  const crashing = crashLoopingContainers(object);
  if (crashing.length > 0) return failed(`Containers in CrashLoop state: ${crashing.join(',')}`);
  return inProgress('Pod is running but is not Ready');
}

function crashLoopingContainers(object: unknown): string[] {
  const containers = fieldAt(object, 'status', 'containerStatuses');
  if (!Array.isArray(containers)) return [];
  return containers
    .filter((container) => textAt(container, 'state', 'waiting', 'reason') === 'CrashLoopBackOff')
    .map((container) => textAt(container, 'name') ?? '');
}

function pending(object: unknown, now: Date): ReturnType<StatusRule> {
  const scheduled = conditionOf(object, 'PodScheduled');
  if (scheduled?.status !== 'False' || scheduled.reason !== 'Unschedulable')
    return inProgress('Pod is in the Pending phase');
  const created = Date.parse(textAt(object, 'metadata', 'creationTimestamp') ?? '');
  const waiting = now.getTime() - created < scheduleWindowMs;
  return waiting ? inProgress('Pod has not been scheduled') : failed('Pod could not be scheduled');
}
