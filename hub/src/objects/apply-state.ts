import { TableHash } from '@flotilla/proto/table/table-hash';
import { decideDelta, decideHeartbeat, sameHash } from './domain/sync-decisions.js';
import type { AgentTableRow, AgentUpdate } from './agent-table.store.js';
import type { HeldRow, OwnedKey, OwnedRow } from './object-status.store.js';
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

type HeldRows = ReadonlyMap<string, HeldRow>;

/** Decides what a message changes. `rows` are those that the hub has under the message's keys. */
export function applyState(
  message: StateMessage,
  held: AgentTableRow | undefined,
  rows: HeldRows,
): StateEffect {
  if (!held || held.sessionId !== message.sessionId) return nothing({ type: 'superseded' });
  if (message.type === 'delta') return applyDelta(message, held, rows);
  return message.type === 'snapshot' ? applySnapshot(message, held, rows) : applyHeartbeat(message, held);
}

function applyDelta(message: DeltaMessage, held: AgentTableRow, rows: HeldRows): StateEffect {
  const decision = decideDelta(held, message.sequence);
  if (decision === 'unusable') {
    const outcome: StateOutcome = { type: 'heard', snapshot: 'the hub does not hold the table' };
    return { ...nothing(outcome), update: alive(message, held) };
  }
  if (decision === 'known') {
    return { ...nothing({ type: 'held', acknowledge: held.sequence }), update: alive(message, held) };
  }
  const { upserts, deletes, hash } = changesOf(message, held.hash, rows);
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
  rows: HeldRows,
): { upserts: readonly OwnedRow[]; deletes: readonly OwnedKey[]; hash: Uint8Array } {
  const total = new TableHash(before);
  const upserts = newRows(message, rows);
  for (const { row, ...agent } of upserts) {
    const old = rows.get(ownedKey({ ...agent, key: row.key }));
    if (old) total.toggle(old.rowHash);
    total.toggle(row.rowHash);
  }
  const deletes = message.deletes.map((key) => ({ clusterId: message.clusterId, shard: message.shard, key }));
  const known = deletes.filter((key) => rows.has(ownedKey(key)));
  for (const key of known) total.toggle(rows.get(ownedKey(key))!.rowHash);
  return { upserts, deletes: known, hash: total.toBytes() };
}

function applySnapshot(message: SnapshotPart, held: AgentTableRow, rows: HeldRows): StateEffect {
  const upserts = newRows(message, rows);
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

/** Kustomizations among the rows that have applied another revision than the hub knows. */
export function movedOn(upserts: readonly OwnedRow[], rows: HeldRows): readonly OwnedRow[] {
  return upserts.filter(({ row, ...agent }) => {
    if (row.kind !== 'Kustomization' || row.revision === '') return false;
    return rows.get(ownedKey({ ...agent, key: row.key }))?.revision !== row.revision;
  });
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

function newRows(message: DeltaMessage | SnapshotPart, rows: HeldRows): readonly OwnedRow[] {
  const { clusterId, shard } = message;
  return message.rows.flatMap((row) => {
    const old = rows.get(ownedKey({ clusterId, shard, key: row.key }));
    return old && sameHash(old.rowHash, row.rowHash) ? [] : [{ clusterId, shard, row }];
  });
}

function alive(message: StateMessage, held: AgentTableRow): AgentUpdate {
  const { clusterId, shard, tableId, sequence, hash } = held;
  return { clusterId, shard, tableId, sequence, hash, confirmed: false, at: message.at };
}

function nothing(outcome: StateOutcome): StateEffect {
  return { outcome, upserts: [], deletes: [] };
}
