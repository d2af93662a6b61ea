import type { Record as WireRecord } from '@flotilla/proto/flotilla/v1/state';

/** A record before it has a number. */
export type RecordBody = Omit<WireRecord, 'sequence'>;

/** Append-only facts that wait for the hub, numbered, bounded; a gap is itself a record (DESIGN 4). */
export interface RecordLog {
  /** Names this numbering. */
  readonly spoolId: string;
  append(body: RecordBody): void;
  /** The oldest records after `sequence`, at most `limit`. */
  after(sequence: bigint, limit: number): WireRecord[];
  /** The hub holds everything up to this number. */
  acknowledge(sequence: bigint): void;
  /** Called when there is something new to send. */
  subscribe(handler: () => void): () => void;
}
