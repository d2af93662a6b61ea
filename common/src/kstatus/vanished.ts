import type { KubeObject } from '../kube/object.js';
import { numberAt } from './fields.js';
import { current, inProgress, type StatusResult } from './status.js';

/**
 * Status of an applied object that is not there: it is waited for, but a Job that cleans up after itself has
 * done so (flux-compat 3.8).
 */
export function vanishedStatus(applied: KubeObject): StatusResult {
  const job = applied.kind === 'Job' && applied.apiVersion.startsWith('batch/');
  if (job && numberAt(applied, 'spec', 'ttlSecondsAfterFinished') !== undefined)
    return current('Job has been cleaned up');
  return inProgress('Resource not found');
}
