import type { InventoryEntry } from '@flotilla/common/inventory/inventory';

/** etcd takes 1.5 MiB in one write; the rest is for the spec, the history and the managed fields. */
const maxInventoryBytes = 1024 * 1024;

/**
 * Refuses what could be applied and then not be recorded: nobody would know later what to prune.
 * @throws Error that says how many objects are too many
 */
export function checkInventorySize(entries: readonly InventoryEntry[]): void {
  const bytes = Buffer.byteLength(JSON.stringify(entries));
  if (bytes <= maxInventoryBytes) return;
  throw new Error(
    `the inventory of ${entries.length} objects takes ${bytes} bytes, but at most ${maxInventoryBytes} fit into ` +
      'status.inventory; split the Kustomization into several with fewer objects each',
  );
}
