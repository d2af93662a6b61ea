import { staleEntries, type InventoryEntry } from '@flotilla/common/inventory/inventory';
import { storageError } from '../../artifacts/artifact-error.js';
import type { StateFolder } from './state-folder.js';

/**
 * Objects that an apply may have created although no inventory names them.
 *
 * status.inventory is replaced only after all stages were applied (flux-compat 3.2, 13). An apply that fails in
 * its second stage, or a kill between the apply and the status write, leaves objects in the cluster that no
 * inventory names; when they are removed from Git before the next success, nobody would ever delete them. So
 * the ids that are new are written to disk before the first object is applied, and count as inventory for the
 * next prune, or for the deletion of the Kustomization, until a reconcile has succeeded.
 *
 * What holds: with the storage folder in place, no object leaks at a kill at any moment; a deletion still asks
 * for this owner's labels on the live object, so an id in the journal alone deletes nothing that belongs to
 * somebody else. When the storage folder is lost together with the process, Flux's own guarantee is left:
 * the objects are found again as long as Git still names them.
 */
export class ApplyJournal {
  constructor(readonly folder: StateFolder) {}

  /** Ids of earlier applies that never became an inventory. */
  async read(uid: string): Promise<InventoryEntry[]> {
    const content = await this.folder.read(documentOf(uid));
    return Array.isArray(content) ? content.filter(isEntry) : [];
  }

  /**
   * Remembers what is about to be applied and is in no inventory yet; costs no write when there is nothing new.
   * Returns the ids that earlier applies left behind. @throws ArtifactStorageError
   */
  async begin(
    uid: string,
    planned: readonly InventoryEntry[],
    known: readonly InventoryEntry[],
  ): Promise<InventoryEntry[]> {
    const earlier = await this.read(uid);
    const added = staleEntries(planned, [...known, ...earlier]);
    if (added.length > 0) await this.#write(documentOf(uid), [...earlier, ...added]);
    return earlier;
  }

  /** Nothing may be applied that is not written down, so a full disk has to be told. */
  async #write(name: string, entries: readonly InventoryEntry[]): Promise<void> {
    try {
      await this.folder.write(name, entries, { durable: true });
    } catch (error) {
      throw storageError('recording what is about to be applied', this.folder.folder, error);
    }
  }

  /** The inventory in the status names everything now. */
  async clear(uid: string): Promise<void> {
    await this.folder.remove(documentOf(uid));
  }
}

function documentOf(uid: string): string {
  return `${uid}.applying`;
}

function isEntry(value: unknown): value is InventoryEntry {
  const entry = value as Partial<InventoryEntry> | null;
  return typeof entry?.id === 'string' && typeof entry.v === 'string';
}
