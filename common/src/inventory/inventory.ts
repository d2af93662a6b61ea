import { createHash } from 'node:crypto';
import { versionOf, type ObjectRef } from '../kube/object.js';
import { objectId, parseObjectId } from './object-id.js';

/** One entry of `status.inventory.entries` (flux-compat 3.1). */
export interface InventoryEntry {
  readonly id: string;
  /** The version alone, e.g. "v1". */
  readonly v: string;
}

export function inventoryEntry(ref: ObjectRef): InventoryEntry {
  return { id: objectId(ref), v: versionOf(ref.apiVersion) };
}

/** Names the object of an entry. Throws on an entry that is not one. */
export function refOfEntry(entry: InventoryEntry): ObjectRef {
  const { namespace, name, group, kind } = parseObjectId(entry.id);
  const apiVersion = group ? `${group}/${entry.v}` : entry.v;
  return { apiVersion, kind, ...(namespace ? { namespace } : {}), name };
}

/** Entries of refs in their order; an object that is named twice keeps its last version. */
export function inventoryOf(refs: Iterable<ObjectRef>): InventoryEntry[] {
  const entries = new Map<string, InventoryEntry>();
  for (const ref of refs) {
    const entry = inventoryEntry(ref);
    entries.set(entry.id, entry);
  }
  return [...entries.values()];
}

/** Entries that are in `old` and no more in `current`, by id alone: a new version of a kind prunes nothing (flux-compat 3.7). */
export function staleEntries(
  old: readonly InventoryEntry[],
  current: readonly InventoryEntry[],
): InventoryEntry[] {
  const ids = new Set(current.map(({ id }) => id));
  return old.filter(({ id }) => !ids.has(id));
}

/** `current` and what of `kept` it lacks: objects whose deletion failed stay in the inventory (flux-compat 3.2). */
export function mergeInventory(
  current: readonly InventoryEntry[],
  kept: readonly InventoryEntry[],
): InventoryEntry[] {
  return [...current, ...staleEntries(kept, current)];
}

/** sha256 over the sorted ids, one a line; hexadecimal. The order of the entries is no matter. */
export function inventoryDigest(entries: readonly InventoryEntry[]): string {
  const hash = createHash('sha256');
  for (const id of entries.map((entry) => entry.id).sort()) hash.update(`${id}\n`);
  return hash.digest('hex');
}
