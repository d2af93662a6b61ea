import { beforeEach, describe, expect, it } from 'vitest';
import type { SessionRequest, SessionResponse, Welcome } from '@flotilla/proto/flotilla/v1/agent';
import { IntentResult_State } from '@flotilla/proto/flotilla/v1/intent';
import type { ObjectState, Record as WireRecord } from '@flotilla/proto/flotilla/v1/state';
import type { RecordBody, RecordLog } from '../records/record-log.js';
import { StateTable } from '../state/state-table.js';
import { protocolVersion, SessionProtocol } from './session-protocol.js';

class MemoryRecordLog implements RecordLog {
  readonly spoolId = 'spool';
  readonly records: WireRecord[] = [];
  append(body: RecordBody): void {
    this.records.push({ ...body, sequence: BigInt(this.records.length + 1) });
  }
  after(sequence: bigint, limit: number): WireRecord[] {
    return this.records.filter((record) => record.sequence > sequence).slice(0, limit);
  }
  acknowledge(): void {}
  subscribe(): () => void {
    return () => undefined;
  }
}

function row(name: string, revision: string): ObjectState {
  return {
    ref: { apiVersion: 'v1', kind: 'Thing', namespace: 'default', name },
    uid: '',
    generation: 1n,
    observedGeneration: 1n,
    suspended: false,
    conditions: [],
    revision,
    attemptedRevision: '',
    sourceUrl: '',
    sourceRef: '',
    lastHandledReconcileAt: '',
    revisionAuthor: '',
  };
}

const facts = { agentVersion: '1', kubernetesVersion: 'v1.30.0', shard: '', shards: [], instanceId: 'i' };

let table: StateTable;
let records: MemoryRecordLog;
let protocol: SessionProtocol;
let now = 0;

beforeEach(() => {
  table = new StateTable('table');
  records = new MemoryRecordLog();
  protocol = new SessionProtocol({ facts, table, records, standingVersion: () => 0n });
  now = 1_000;
});

function welcome(fields: Partial<Welcome> = {}): void {
  receive('welcome', {
    clusterId: 'c',
    clusterName: 'prod',
    acknowledgedSequence: 0n,
    acknowledgedRecord: 0n,
    heartbeatSeconds: 5,
    protocolVersion,
    ...fields,
  });
}

type Case = NonNullable<SessionResponse['message']>['$case'];
function receive(kind: Case, value: unknown) {
  return protocol.receive({ message: { $case: kind, value } } as SessionResponse, now);
}

/** Everything that may be said now, as `case` and value. */
function said(): Array<NonNullable<SessionRequest['message']>> {
  const all = [];
  for (let message = protocol.next(now); message; message = protocol.next(now)) {
    if (message.message) all.push(message.message);
  }
  return all;
}

const names = (objects: ObjectState[]) => objects.map((object) => object.ref?.name ?? '').sort();

describe('a session of the agent', () => {
  it('says nothing but hello before the hub has welcomed it', () => {
    table.upsert(row('a', '1'));
    expect(protocol.hello().message).toMatchObject({
      $case: 'hello',
      value: { tableId: 'table', sequence: 1n },
    });
    expect(said()).toEqual([]);
  });

  it('names the standing intents that the cluster keeps, hands new ones on and tells what became of them', () => {
    protocol = new SessionProtocol({ facts, table, records, standingVersion: () => 7n });
    expect(protocol.hello().message).toMatchObject({ value: { standingVersion: 7n } });
    const intents = { version: 8n, pins: [], freezes: [], vetoes: [] };
    protocol.acknowledgeStanding({ version: 7n, refusal: '' });
    expect(said(), 'nothing before the hub has welcomed it').toEqual([]);
    welcome();
    expect(said()).toEqual([{ $case: 'standingIntentsAck', value: { version: 7n, refusal: '' } }]);
    expect(receive('standingIntents', intents)).toEqual({ type: 'standing', intents });
    table.upsert(row('a', '1'));
    protocol.acknowledgeStanding({ version: 8n, refusal: 'no pins here' });
    expect(said().map(({ $case }) => $case)).toEqual(['standingIntentsAck', 'delta']);
  });

  it('sends everything that the hub lacks, once, and waits for the acknowledgement', () => {
    table.upsert(row('a', '1'));
    table.upsert(row('b', '1'));
    table.upsert(row('a', '2'));
    welcome();
    const [delta, ...rest] = said();
    expect(delta).toMatchObject({ $case: 'delta', value: { sequence: 3n, deletes: [] } });
    expect(delta?.$case === 'delta' && names(delta.value.upserts)).toEqual(['a', 'b']);
    expect(rest).toEqual([]);
    table.upsert(row('c', '1'));
    expect(said()).toEqual([]);
    receive('stateAck', { sequence: 3n });
    expect(said()).toMatchObject([{ $case: 'delta', value: { sequence: 4n, upserts: [{ revision: '1' }] } }]);
  });

  it('coalesces what changes while a delta is under way', () => {
    welcome();
    table.upsert(row('a', '1'));
    said();
    for (let revision = 2; revision <= 50; revision++) table.upsert(row('a', String(revision)));
    receive('stateAck', { sequence: 1n });
    expect(said()).toMatchObject([
      { $case: 'delta', value: { sequence: 50n, upserts: [{ revision: '50' }] } },
    ]);
  });

  it('tells the hub of an object that is gone', () => {
    welcome();
    table.upsert(row('a', '1'));
    said();
    receive('stateAck', { sequence: 1n });
    table.remove(row('a', '1').ref!);
    expect(said()).toMatchObject([{ $case: 'delta', value: { upserts: [], deletes: [{ name: 'a' }] } }]);
  });

  it('goes on from the number that the hub names after a reconnect', () => {
    welcome();
    table.upsert(row('a', '1'));
    said();
    table.upsert(row('b', '1'));
    // The delta with number 1 was committed, its acknowledgement was lost with the connection.
    protocol = new SessionProtocol({ facts, table, records, standingVersion: () => 0n });
    welcome({ acknowledgedSequence: 1n });
    const [delta] = said();
    expect(delta?.$case === 'delta' && names(delta.value.upserts)).toEqual(['b']);
  });

  it('sends the whole table when the hub has fallen behind what it once acknowledged', () => {
    table.upsert(row('a', '1'));
    welcome();
    said();
    receive('stateAck', { sequence: 1n });
    protocol = new SessionProtocol({ facts, table, records, standingVersion: () => 0n });
    welcome({ acknowledgedSequence: 0n });
    expect(said()).toMatchObject([{ $case: 'snapshot', value: { sequence: 1n, part: 0, last: true } }]);
  });

  it('sends the whole table in parts when the hub asks, and changes only after that was acknowledged', () => {
    for (let i = 0; i < 1_200; i++) table.upsert(row(`object-${i}`, '1'));
    welcome();
    said();
    receive('snapshotRequest', { reason: 'hash' });
    table.upsert(row('late', '1'));
    const parts = said();
    expect(parts.map((part) => part.$case)).toEqual(['snapshot', 'snapshot', 'snapshot']);
    expect(
      parts.map((part) => part.$case === 'snapshot' && [part.value.objects.length, part.value.last]),
    ).toEqual([
      [500, false],
      [500, false],
      [200, true],
    ]);
    receive('stateAck', { sequence: 1_200n });
    expect(said()).toMatchObject([{ $case: 'delta', value: { sequence: 1_201n } }]);
  });

  it('sends an empty table as one empty part', () => {
    welcome();
    receive('snapshotRequest', { reason: 'hash' });
    expect(said()).toMatchObject([{ $case: 'snapshot', value: { objects: [], part: 0, last: true } }]);
  });

  it('says at each heartbeat that the table still holds', () => {
    welcome();
    said();
    now += 4_999;
    expect(said()).toEqual([]);
    now += 5_000;
    expect(said()).toMatchObject([
      { $case: 'heartbeat', value: { sequence: 0n, observedAt: new Date(now) } },
    ]);
    expect(protocol.nextDueMs()).toBe(now + 5_000);
  });

  it('sends records in batches and goes on after each acknowledgement', () => {
    for (let i = 0; i < 250; i++) records.append({ time: new Date(0) });
    welcome({ acknowledgedRecord: 10n });
    const [first] = said().filter((message) => message.$case === 'records');
    expect(
      first?.$case === 'records' && first.value.records.map((record) => record.sequence).slice(0, 1),
    ).toEqual([11n]);
    receive('recordAck', { sequence: 210n });
    const [second] = said().filter((message) => message.$case === 'records');
    expect(second?.$case === 'records' && second.value.records).toHaveLength(40);
  });

  it('reports the outcome of an intent before anything else', () => {
    table.upsert(row('a', '1'));
    welcome();
    protocol.report({ id: 'i', state: IntentResult_State.STATE_SUCCEEDED, message: '' });
    expect(said().map((message) => message.$case)).toEqual(['intentResult', 'delta']);
  });

  it('hands intents and the end of the session to its caller', () => {
    expect(receive('intent', { id: 'i' })).toEqual({ type: 'intent', intent: { id: 'i' } });
    expect(receive('goodbye', { code: 2, message: 'revoked', retryAfterSeconds: 0 })).toMatchObject({
      type: 'goodbye',
      code: 2,
    });
  });

  it('refuses a hub of another protocol version with a remedy', () => {
    expect(
      protocol.receive({ message: { $case: 'welcome', value: { protocolVersion: 99 } as Welcome } }, now),
    ).toMatchObject({ type: 'protocol-error', message: expect.stringContaining('upgrade the older one') });
  });

  it('ignores a message that it does not know', () => {
    welcome();
    expect(protocol.receive({ message: undefined }, now)).toBeUndefined();
  });
});
