import { conditionOf, fieldAt, numberAt, textAt } from './fields.js';
import { current, failed, inProgress, type StatusRule } from './status.js';

/** Job (flux-compat 3.8): complete or suspended; being at work is not enough. */
export const jobStatus: StatusRule = (object) => {
  const completions = numberAt(object, 'spec', 'completions') ?? numberAt(object, 'spec', 'parallelism') ?? 1;
  const succeeded = numberAt(object, 'status', 'succeeded') ?? 0;
  const failures = numberAt(object, 'status', 'failed') ?? 0;
  if (conditionOf(object, 'Complete')?.status === 'True')
    return current(`Job Completed. succeeded: ${succeeded}/${completions}`);
  if (conditionOf(object, 'Failed')?.status === 'True')
    return failed(`Job Failed. failed: ${failures}/${completions}`);
  if (fieldAt(object, 'spec', 'suspend') === true) return current('Job is suspended');
  if (!textAt(object, 'status', 'startTime')) return inProgress('Job not started');
  const active = numberAt(object, 'status', 'active') ?? 0;
  return inProgress(`Job in progress. success:${succeeded}, active: ${active}, failed: ${failures}`);
};
