import { formatRef, type KubeObject, type ObjectRef } from '@flotilla/common/kube/object';
import type { SeenObject } from './drift/object-version.js';

export type Action = 'created' | 'configured' | 'unchanged' | 'skipped' | 'deleted' | 'unknown';

/** One field of a live object that differed from what was declared. */
export interface FieldDrift {
  /** JSON pointer, e.g. "/spec/replicas". */
  path: string;
  /** Who set the live value, by the live managedFields; absent when nobody owns it, e.g. because it was removed. */
  manager?: string;
}

/** What happened to one object. Events, inventory, logs and metrics are all derived from it. */
export interface ChangeSetEntry {
  ref: ObjectRef;
  action: Action;
  /** The live object after the action where one was read; of skipped ones the metadata alone. */
  live?: KubeObject;
  /** Digest of what was applied. */
  desired?: string;
  /** Of an unchanged object that was not even looked at: what was known of it. */
  settled?: SeenObject;
  /** Of a configured object: the first fields that the apply changed. */
  drift?: readonly FieldDrift[];
}

export interface ChangeSet {
  entries: ChangeSetEntry[];
}

/** True for actions that changed the cluster; unchanged and skipped objects are left out of events (flux-compat 3.6, 9). */
export function hasChanged(action: Action): boolean {
  return action === 'created' || action === 'configured' || action === 'deleted';
}

/** `Kind/namespace/name action`: one line of a change-log event (flux-compat 3.6, 9). */
export function formatEntry(entry: ChangeSetEntry): string {
  return `${formatRef(entry.ref)} ${entry.action}`;
}

/** `Kind/namespace/name` -> what happened, of those that changed. */
export function actionsByObject(changes: ChangeSet): Record<string, Action> {
  return Object.fromEntries(changedOf(changes).map(({ ref, action }) => [formatRef(ref), action]));
}

/** The same the other way round: what happened -> names of those that changed. */
export function objectsByAction(changes: ChangeSet): Partial<Record<Action, string[]>> {
  const groups: Partial<Record<Action, string[]>> = {};
  for (const { ref, action } of changedOf(changes)) (groups[action] ??= []).push(formatRef(ref));
  return groups;
}

function changedOf({ entries }: ChangeSet): ChangeSetEntry[] {
  return entries.filter(({ action }) => hasChanged(action));
}

/** One line for each changed object; empty when nothing changed. */
export function changeLog(changes: ChangeSet): string {
  return changedOf(changes).map(formatEntry).join('\n');
}
