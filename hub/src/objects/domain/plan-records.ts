/** What counts of a record here. */
export interface NumberedRecord {
  readonly sequence: bigint;
  /** Set when the record stands for others that were dropped. */
  readonly gap?: { readonly first: bigint; readonly last: bigint };
}

/** Numbers that never came and that no gap of the agent accounts for. */
export interface Hole {
  readonly first: bigint;
  readonly last: bigint;
}

export interface RecordPlan<R> {
  /** New ones, in order. */
  readonly store: readonly R[];
  readonly holes: readonly Hole[];
  /** Last number that the hub holds after this. */
  readonly acknowledged: bigint;
}

/**
 * Sorts a batch of records against what the hub holds. `acknowledged` is undefined for a spool that the hub has
 * not seen: where its numbers begin says nothing then.
 */
export function planRecords<R extends NumberedRecord>(
  acknowledged: bigint | undefined,
  batch: readonly R[],
): RecordPlan<R> {
  const store: R[] = [];
  const holes: Hole[] = [];
  let last = acknowledged;
  for (const record of batch) {
    if (last !== undefined && record.sequence <= last) continue;
    const next = last === undefined ? record.sequence : last + 1n;
    const covered = record.gap && record.gap.first <= next && record.gap.last >= record.sequence - 1n;
    if (record.sequence > next && !covered)
      holes.push({ first: next, last: (record.gap?.first ?? record.sequence) - 1n });
    store.push(record);
    last = record.sequence;
  }
  return { store, holes: holes.filter(({ first, last: end }) => first <= end), acknowledged: last ?? 0n };
}
