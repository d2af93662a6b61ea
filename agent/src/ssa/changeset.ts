import type { KubeObject, ObjectRef } from '@flotilla/common/kube/object';

export type Action = 'created' | 'configured' | 'unchanged' | 'skipped' | 'deleted' | 'unknown';

/** What happened to one object. Events, inventory, logs and metrics are all derived from it. */
export interface ChangeSetEntry {
  ref: ObjectRef;
  action: Action;
  /** The live object after the action where one was read; absent for deleted and skipped ones. */
  live?: KubeObject;
}

export interface ChangeSet {
  entries: ChangeSetEntry[];
}
