import { groupOf, refOf, type KubeObject, type ManagedFieldsEntry } from '@flotilla/common/kube/object';
import { KubeApiError } from '../kube/errors.js';
import type { ApplyContext } from './apply-context.js';
import { unionFields, type FieldSet } from './field-set.js';

/** Somebody may write between the read and the patch. */
const attempts = 5;

/**
 * Brings the managedFields of the live object to the version that is about to be applied (flux-compat 3.6, 10): while
 * an entry names a version that the server has ceased to serve, the server cannot apply at all.
 */
export async function migrateApiVersion(
  { client, options: { signal, owner } }: ApplyContext,
  object: KubeObject,
): Promise<void> {
  const ref = refOf(object);
  for (let attempt = 1; ; attempt++) {
    const live = await client.get(ref, { metadataOnly: true, signal });
    const value = migrated(live?.metadata.managedFields ?? [], object.apiVersion);
    if (!live || !value) return;
    const guard = { op: 'test', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion };
    const body = [guard, { op: 'replace', path: '/metadata/managedFields', value }];
    try {
      await client.patch(
        ref,
        { type: 'json', body: body as never },
        { fieldManager: owner.fieldManager, signal },
      );
      return;
    } catch (error) {
      const isOutdated = error instanceof KubeApiError && (error.code === 409 || error.code === 422);
      if (!isOutdated || attempt === attempts) throw error;
    }
  }
}

/** All entries in one version; undefined when they are so already. Those of other groups say something else. */
export function migrated(
  entries: readonly ManagedFieldsEntry[],
  apiVersion: string,
): ManagedFieldsEntry[] | undefined {
  const isOld = (entry: ManagedFieldsEntry): boolean =>
    entry.apiVersion !== apiVersion && groupOf(entry.apiVersion ?? '') === groupOf(apiVersion);
  if (!entries.some(isOld)) return undefined;
  const merged: ManagedFieldsEntry[] = [];
  for (const entry of entries.map((one) => (isOld(one) ? { ...one, apiVersion } : one))) {
    const index = merged.findIndex((other) => isSameWriter(other, entry));
    // Of two entries of one writer the server would keep only the last.
    if (index < 0) merged.push(entry);
    else
      merged[index] = { ...merged[index]!, fieldsV1: unionFields(fieldsOf(merged[index]!), fieldsOf(entry)) };
  }
  return merged;
}

function isSameWriter(a: ManagedFieldsEntry, b: ManagedFieldsEntry): boolean {
  return (
    a.manager === b.manager &&
    a.operation === b.operation &&
    a.apiVersion === b.apiVersion &&
    (a.subresource ?? '') === (b.subresource ?? '') &&
    (a.operation === 'Apply' || a.time === b.time)
  );
}

function fieldsOf(entry: ManagedFieldsEntry): FieldSet {
  return (entry.fieldsV1 ?? {}) as FieldSet;
}
