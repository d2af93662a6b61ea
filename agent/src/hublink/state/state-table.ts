import { encodeRow, TableHash, tableKey } from '@flotilla/proto/table/table-hash';
import type { ObjectRef, ObjectState } from '@flotilla/proto/flotilla/v1/state';

interface Row {
  state: ObjectState;
  encoded: Uint8Array;
}

/** The changes after a number, coalesced per object. */
export interface TableChanges {
  sequence: bigint;
  upserts: ObjectState[];
  deletes: ObjectRef[];
}

/**
 * What the hub should know, one row per object. Changes are numbered; an object that changes many times before
 * the hub has it is sent once. What is kept for that is bounded by the number of objects.
 */
export class StateTable {
  readonly #rows = new Map<string, Row>();
  readonly #unacknowledged = new Map<string, { ref: ObjectRef; sequence: bigint }>();
  readonly #hash = new TableHash();
  readonly #handlers = new Set<() => void>();
  #sequence = 0n;
  #acknowledged = 0n;

  /** @param tableId names the numbering; a new one for every process. */
  constructor(readonly tableId: string) {}

  /** The number of the last change; 0 = no change yet. */
  get sequence(): bigint {
    return this.#sequence;
  }

  get size(): number {
    return this.#rows.size;
  }

  /** Order-independent hash over all rows. */
  get hash(): Uint8Array {
    return this.#hash.toBytes();
  }

  /** True when the hub lacks something. */
  get dirty(): boolean {
    return this.#unacknowledged.size > 0;
  }

  /** Takes a row in. A row that is there already in the same state changes nothing. */
  upsert(state: ObjectState): void {
    if (!state.ref) return;
    const key = tableKey(state.ref);
    const encoded = encodeRow(state);
    const before = this.#rows.get(key);
    if (before && Buffer.compare(before.encoded, encoded) === 0) return;
    if (before) this.#hash.remove(key, before.encoded);
    this.#hash.add(key, encoded);
    this.#rows.set(key, { state, encoded });
    this.#changed(key, state.ref);
  }

  remove(ref: ObjectRef): void {
    const key = tableKey(ref);
    const before = this.#rows.get(key);
    if (!before) return;
    this.#hash.remove(key, before.encoded);
    this.#rows.delete(key);
    this.#changed(key, ref);
  }

  /** Everything that the hub has not acknowledged. */
  changes(): TableChanges {
    const upserts: ObjectState[] = [];
    const deletes: ObjectRef[] = [];
    for (const [key, { ref }] of this.#unacknowledged) {
      const row = this.#rows.get(key);
      if (row) upserts.push(row.state);
      else deletes.push(ref);
    }
    return { sequence: this.#sequence, upserts, deletes };
  }

  /** A copy of all rows. */
  rows(): ObjectState[] {
    return [...this.#rows.values()].map((row) => row.state);
  }

  /** The hub holds everything up to this number, durably. */
  acknowledge(sequence: bigint): void {
    if (sequence > this.#acknowledged) this.#acknowledged = sequence;
    for (const [key, change] of this.#unacknowledged) {
      if (change.sequence <= sequence) this.#unacknowledged.delete(key);
    }
  }

  /**
   * True when the changes since a number are still known, so that they can be sent instead of the whole table.
   * They are not when the hub has fallen back behind what it acknowledged once, e.g. after a restored backup.
   */
  canResumeFrom(sequence: bigint): boolean {
    return sequence >= this.#acknowledged && sequence <= this.#sequence;
  }

  /** Called after every change. Returns a function that unsubscribes. */
  subscribe(handler: () => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  #changed(key: string, ref: ObjectRef): void {
    this.#sequence += 1n;
    this.#unacknowledged.set(key, { ref, sequence: this.#sequence });
    for (const handler of this.#handlers) handler();
  }
}
