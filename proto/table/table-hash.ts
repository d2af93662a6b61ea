// Written by hand: what both ends of the link must compute alike.
import { createHash } from 'node:crypto';
import { ObjectState } from '../flotilla/v1/state.js';
import type { ObjectRef } from '../flotilla/v1/state.js';

const size = 32;

/** The key of a row: `apiVersion|kind|namespace|name`. */
export function tableKey({ apiVersion, kind, namespace, name }: ObjectRef): string {
  return `${apiVersion}|${kind}|${namespace}|${name}`;
}

/** The canonical encoding of a row, which is hashed; see AgentService in agent.proto. */
export function encodeRow(state: ObjectState): Uint8Array {
  return ObjectState.encode(state).finish();
}

/** What one row adds to the hash of its table. */
export function rowHash(key: string, encoded: Uint8Array): Uint8Array {
  return createHash('sha256').update(key).update('\0').update(encoded).digest();
}

/** The order-independent hash of a table: the XOR of the hashes of its rows. */
export class TableHash {
  readonly #bytes: Uint8Array;

  /** @param bytes a hash to go on from; an empty or absent one is that of the empty table. */
  constructor(bytes?: Uint8Array) {
    this.#bytes = new Uint8Array(size);
    if (bytes?.length === size) this.#bytes.set(bytes);
  }

  add(key: string, encoded: Uint8Array): void {
    this.toggle(rowHash(key, encoded));
  }

  remove(key: string, encoded: Uint8Array): void {
    this.toggle(rowHash(key, encoded));
  }

  /** Adds the hash of a row that is not in, removes that of one that is. */
  toggle(hash: Uint8Array): void {
    for (let i = 0; i < size; i += 1) this.#bytes[i]! ^= hash[i] ?? 0;
  }

  toBytes(): Uint8Array {
    return this.#bytes.slice();
  }

  /** An empty `other` stands for the empty table. */
  equals(other: Uint8Array): boolean {
    return this.#bytes.every((byte, i) => byte === (other[i] ?? 0));
  }
}
