import type { KubeObject } from '../kube/object.js';
import { numberAt } from './fields.js';
import { current, inProgress, type StatusResult } from './status.js';

/**
 * Status of an applied object that is not there: it is waited for, but a Job that cleans up after itself has
 * done so (flux-compat 3.8).
 */
export function vanishedStatus(applied: KubeObject): StatusResult {
  return endsByItself(applied) ? current('Job has been cleaned up') : inProgress('Resource not found');
}

/** A Job that is removed some time after it has finished. */
export function endsByItself(object: KubeObject): boolean {
  const isJob = object.kind === 'Job' && object.apiVersion.startsWith('batch/');
  return isJob && numberAt(object, 'spec', 'ttlSecondsAfterFinished') !== undefined;
}
