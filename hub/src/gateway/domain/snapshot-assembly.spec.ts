import { TableHash } from '@flotilla/proto/table/table-hash';
import { describe, expect, it } from 'vitest';
import { SnapshotAssembly } from './snapshot-assembly.js';

const row = (key: string): { key: string; rowHash: Uint8Array } => ({
  key,
  rowHash: new TextEncoder().encode(key.padEnd(32)),
});
const part = (number: number, sequence = 7n): { sequence: bigint; part: number; last: boolean } => ({
  sequence,
  part: number,
  last: false,
});

describe('a snapshot', () => {
  it('has the keys and the hash of all its parts', () => {
    const assembly = new SnapshotAssembly();
    expect(assembly.add(part(0), [row('a'), row('b')])).toBeUndefined();
    expect(assembly.add(part(1), [row('c')])).toBeUndefined();
    const hash = new TableHash();
    for (const key of ['c', 'a', 'b']) hash.toggle(row(key).rowHash);
    expect(assembly.keys).toEqual(['a', 'b', 'c']);
    expect(assembly.tableHash()).toEqual(hash.toBytes());
  });

  it('begins anew with part 0', () => {
    const assembly = new SnapshotAssembly();
    assembly.add(part(0), [row('a')]);
    expect(assembly.add(part(0, 8n), [row('b')])).toBeUndefined();
    expect(assembly.keys).toEqual(['b']);
    expect(assembly.tableHash()).toEqual(row('b').rowHash);
  });

  it.each<[string, (assembly: SnapshotAssembly) => string | undefined, string]>([
    ['skips a part', (assembly) => assembly.add(part(2), []), 'snapshot part 2 where part 1 was expected'],
    [
      'repeats a part',
      (assembly) => (assembly.add(part(1), []), assembly.add(part(1), [])),
      'snapshot part 1 where part 2 was expected',
    ],
    [
      'changes its number',
      (assembly) => assembly.add(part(1, 8n), []),
      'snapshot part 1 of number 8 where 7 was expected',
    ],
    ['names a row twice', (assembly) => assembly.add(part(1), [row('a')]), 'snapshot names a twice'],
  ])('that %s is refused', (_, add, expected) => {
    const assembly = new SnapshotAssembly();
    assembly.add(part(0), [row('a')]);
    expect(add(assembly)).toBe(expected);
  });
});
