import type { KubeObject } from '../kube/object.js';

export type KStatus = 'Current' | 'InProgress' | 'Failed' | 'Terminating' | 'NotFound' | 'Unknown';

export interface StatusResult {
  readonly status: KStatus;
  readonly message: string;
}

/** The rule of a family of kinds. The generic rules have been asked before. */
export type StatusRule = (object: KubeObject, now: Date) => StatusResult;

export function current(message: string): StatusResult {
  return { status: 'Current', message };
}

export function inProgress(message: string): StatusResult {
  return { status: 'InProgress', message };
}

export function failed(message: string): StatusResult {
  return { status: 'Failed', message };
}
