import { TableHash } from '@flotilla/proto/table/table-hash';

/** What counts of a row here. */
export interface HashedRow {
  readonly key: string;
  readonly rowHash: Uint8Array;
}

export interface SnapshotPartHeader {
  readonly sequence: bigint;
  readonly part: number;
  readonly last: boolean;
}

/** More rows than any cluster reports; a bound on memory. */
export const mostSnapshotRows = 200_000;

/** Follows the parts of a snapshot. Keeps keys and the hash, never the rows: those are written as they come. */
export class SnapshotAssembly {
  private next = 0;
  private sequence = 0n;
  private readonly seen = new Set<string>();
  private hash = new TableHash();

  /** Takes a part; gives what is wrong with it, or undefined. */
  add({ sequence, part }: SnapshotPartHeader, rows: readonly HashedRow[]): string | undefined {
    if (part === 0) this.reset(sequence);
    if (part !== this.next) return `snapshot part ${part} where part ${this.next} was expected`;
    if (sequence !== this.sequence)
      return `snapshot part ${part} of number ${sequence} where ${this.sequence} was expected`;
    this.next += 1;
    for (const { key, rowHash } of rows) {
      if (this.seen.has(key)) return `snapshot names ${key} twice`;
      this.seen.add(key);
      this.hash.toggle(rowHash);
    }
    return this.seen.size > mostSnapshotRows ? `snapshot has more than ${mostSnapshotRows} rows` : undefined;
  }

  get keys(): readonly string[] {
    return [...this.seen];
  }

  /** Of the rows so far. */
  tableHash(): Uint8Array {
    return this.hash.toBytes();
  }

  private reset(sequence: bigint): void {
    this.next = 0;
    this.sequence = sequence;
    this.seen.clear();
    this.hash = new TableHash();
  }
}
