import { inventoryOf } from '@flotilla/common/inventory/inventory';
import { describe, expect, it } from 'vitest';
import { checkInventorySize } from './check-inventory-size.js';

function inventory(count: number, nameLength: number) {
  return inventoryOf(
    Array.from({ length: count }, (_, index) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      namespace: 'default',
      name: String(index).padStart(nameLength, 'n'),
    })),
  );
}

describe('the size of an inventory', () => {
  it.each([
    ['no objects', 0, 1],
    ['10,000 objects with names of usual length', 10_000, 40],
    ['3,500 objects with names as long as names may be', 3_500, 253],
  ])('%s fit into the status', (_, count, length) => {
    expect(() => checkInventorySize(inventory(count, length))).not.toThrow();
  });

  it.each([
    ['20,000 objects', 20_000, 40],
    ['4,000 objects with long names', 4_000, 253],
  ])('%s are refused, with the remedy', (_, count, length) => {
    expect(() => checkInventorySize(inventory(count, length))).toThrow(
      new RegExp(
        `^the inventory of ${count} objects takes \\d+ bytes, but at most 1048576 fit.*split the Kustomization`,
      ),
    );
  });
});
