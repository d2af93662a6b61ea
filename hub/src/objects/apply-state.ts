import { TableHash } from '@flotilla/proto/table/table-hash';
import { decideDelta, decideHeartbeat, sameHash } from './domain/sync-decisions.js';
import type { AgentTableRow, AgentUpdate } from './agent-table.store.js';
import type { OwnedKey, OwnedRow } from './object-status.store.js';
import { ownedKey } from './object-status.store.js';
import type {
  DeltaMessage,
  HeartbeatMessage,
  SnapshotPart,
  StateMessage,
  StateOutcome,
} from './state-message.js';

/** What one message changes, decided against the locked row of its agent. */
export interface StateEffect {
  readonly outcome: StateOutcome;
  readonly update?: AgentUpdate;
  readonly upserts: readonly OwnedRow[];
  readonly deletes: readonly OwnedKey[];
}

type Hashes = ReadonlyMap<string, Uint8Array>;

/** Decides what a message changes. `hashes` are those of the rows that the hub has under the message's keys. */
export function applyState(
  message: StateMessage,
  held: AgentTableRow | undefined,
  hashes: Hashes,
): StateEffect {
  if (!held || held.sessionId !== message.sessionId) return nothing({ type: 'superseded' });
  if (message.type === 'delta') return applyDelta(message, held, hashes);
  return message.type === 'snapshot' ? applySnapshot(message, held, hashes) : applyHeartbeat(message, held);
}

function applyDelta(message: DeltaMessage, held: AgentTableRow, hashes: Hashes): StateEffect {
  const decision = decideDelta(held, message.sequence);
  if (decision === 'unusable') {
    const outcome: StateOutcome = { type: 'heard', snapshot: 'the hub does not hold the table' };
    return { ...nothing(outcome), update: alive(message, held) };
  }
  if (decision === 'known') {
    return { ...nothing({ type: 'held', acknowledge: held.sequence }), update: alive(message, held) };
  }
  const { upserts, deletes, hash } = changesOf(message, held.hash, hashes);
  const same = sameHash(hash, message.hash);
  const outcome: StateOutcome = {
    type: 'held',
    acknowledge: message.sequence,
    ...(!same && { snapshot: 'the table hashes differ after the delta' }),
  };
  const update = { ...alive(message, held), sequence: message.sequence, hash, confirmed: same };
  return { outcome, update, upserts, deletes };
}

/** Rows that the hub has already in this state are neither written nor counted. */
function changesOf(
  message: DeltaMessage,
  before: Uint8Array,
  hashes: Hashes,
): { upserts: readonly OwnedRow[]; deletes: readonly OwnedKey[]; hash: Uint8Array } {
  const total = new TableHash(before);
  const upserts = newRows(message, hashes);
  for (const { row, ...agent } of upserts) {
    const old = hashes.get(ownedKey({ ...agent, key: row.key }));
    if (old) total.toggle(old);
    total.toggle(row.rowHash);
  }
  const deletes = message.deletes.map((key) => ({ clusterId: message.clusterId, shard: message.shard, key }));
  const known = deletes.filter((key) => hashes.has(ownedKey(key)));
  for (const key of known) total.toggle(hashes.get(ownedKey(key))!);
  return { upserts, deletes: known, hash: total.toBytes() };
}

function applySnapshot(message: SnapshotPart, held: AgentTableRow, hashes: Hashes): StateEffect {
  const upserts = newRows(message, hashes);
  const { whole } = message;
  // Until the last part the hub holds no whole table: should it be killed now, it must ask again.
  if (!whole) {
    const update = { ...alive(message, held), tableId: '', sequence: 0n };
    return { outcome: { type: 'heard' }, update, upserts, deletes: [] };
  }
  const { tableId, sequence, hash } = whole;
  const update = { ...alive(message, held), tableId, sequence, hash, confirmed: true };
  return { outcome: { type: 'held', acknowledge: sequence }, update, upserts, deletes: [] };
}

function applyHeartbeat(message: HeartbeatMessage, held: AgentTableRow): StateEffect {
  const decision = decideHeartbeat(held, message);
  const outcome: StateOutcome = {
    type: 'heard',
    ...(decision.action === 'snapshot' && { snapshot: decision.reason }),
  };
  const update = { ...alive(message, held), confirmed: decision.action === 'confirm' };
  return { ...nothing(outcome), update };
}

function newRows(message: DeltaMessage | SnapshotPart, hashes: Hashes): readonly OwnedRow[] {
  const { clusterId, shard } = message;
  return message.rows.flatMap((row) => {
    const old = hashes.get(ownedKey({ clusterId, shard, key: row.key }));
    return old && sameHash(old, row.rowHash) ? [] : [{ clusterId, shard, row }];
  });
}

function alive(message: StateMessage, held: AgentTableRow): AgentUpdate {
  const { clusterId, shard, tableId, sequence, hash } = held;
  return { clusterId, shard, tableId, sequence, hash, confirmed: false, at: message.at };
}

function nothing(outcome: StateOutcome): StateEffect {
  return { outcome, upserts: [], deletes: [] };
}
