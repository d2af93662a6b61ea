import { ObjectState } from '@flotilla/proto/flotilla/v1/state';
import { encodeRow, rowHash, TableHash, tableKey } from '@flotilla/proto/table/table-hash';
import { describe, expect, it } from 'vitest';

const state = (name: string, revision = 'r1'): ObjectState =>
  ObjectState.fromPartial({ ref: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'ns', name }, revision });

function hashOf(...states: readonly ObjectState[]): Uint8Array {
  const hash = new TableHash();
  for (const one of states) hash.add(tableKey(one.ref!), encodeRow(one));
  return hash.toBytes();
}

describe('the hash of a table', () => {
  it('is the same in every order', () => {
    expect(hashOf(state('a'), state('b'), state('c'))).toEqual(hashOf(state('c'), state('a'), state('b')));
  });

  it('is all zero for the empty table, also after rows have come and gone', () => {
    const hash = new TableHash();
    expect(hash.toBytes()).toEqual(new Uint8Array(32));
    hash.add('k', encodeRow(state('a')));
    hash.remove('k', encodeRow(state('a')));
    expect(hash.equals(new Uint8Array())).toBe(true);
  });

  it.each<[string, ObjectState[]]>([
    ['another row', [state('a'), state('c')]],
    ['a missing row', [state('a')]],
    ['a changed field', [state('a'), state('b', 'r2')]],
  ])('tells %s', (_, states) => {
    expect(hashOf(...states)).not.toEqual(hashOf(state('a'), state('b')));
  });

  it('is what the contract says, byte by byte', () => {
    // sha256("v1|ConfigMap|ns|a" 0x00 row), where row is ref (field 1) with its four texts, and revision (field 7).
    const row = Buffer.from('0a160a0276311209436f6e6669674d61701a026e73220161' + '3a027231', 'hex');
    expect(Buffer.from(encodeRow(state('a'))).toString('hex')).toBe(row.toString('hex'));
    expect(Buffer.from(rowHash('v1|ConfigMap|ns|a', row))).toEqual(Buffer.from(hashOf(state('a'))));
  });

  it('covers fields that are not known here', () => {
    const newer = ObjectState.decode(
      Buffer.concat([encodeRow(state('a')), Buffer.from('82fa0103616263', 'hex')]),
    );
    expect(hashOf(newer)).not.toEqual(hashOf(state('a')));
    expect(Buffer.from(encodeRow(newer)).toString('hex')).toMatch(/82fa0103616263$/);
  });
});
