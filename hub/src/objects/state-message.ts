import type { ObjectRow } from './object-row.js';
import type { AgentId } from './object-status.store.js';

/** What one session brings to be written: a delta, a part of a snapshot, or a heartbeat. */
export type StateMessage = DeltaMessage | SnapshotPart | HeartbeatMessage;

interface Sender extends AgentId {
  /** Only the session that holds the agent's row may write. */
  readonly sessionId: string;
  readonly at: Date;
}

export interface DeltaMessage extends Sender {
  readonly type: 'delta';
  readonly sequence: bigint;
  readonly rows: readonly ObjectRow[];
  readonly deletes: readonly string[];
  /** Of the agent's table after the change. */
  readonly hash: Uint8Array;
}

export interface SnapshotPart extends Sender {
  readonly type: 'snapshot';
  readonly rows: readonly ObjectRow[];
  /** With the last part: what the whole table is. */
  readonly whole?: {
    readonly tableId: string;
    readonly sequence: bigint;
    /** Computed by the hub over the rows of all parts. */
    readonly hash: Uint8Array;
    /** Keys of all parts. */
    readonly keys: readonly string[];
  };
}

export interface HeartbeatMessage extends Sender {
  readonly type: 'heartbeat';
  readonly sequence: bigint;
  readonly hash: Uint8Array;
}

export type StateOutcome =
  /** Written, or known already: `acknowledge` is what the hub holds. */
  | { readonly type: 'held'; readonly acknowledge: bigint; readonly snapshot?: string }
  /** Nothing to acknowledge. */
  | { readonly type: 'heard'; readonly snapshot?: string }
  /** Another session has taken over; nothing was written. */
  | { readonly type: 'superseded' };
