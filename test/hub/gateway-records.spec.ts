import { Goodbye_Code as Code } from '@flotilla/proto/flotilla/v1/agent';
import { ObjectState, Record as WireRecord } from '@flotilla/proto/flotilla/v1/state';
import type { RunningHub } from '@flotilla/hub/start-hub';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startTestHub } from '../servers/hub.js';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { connect, joinFleet, TestSession } from './gateway-agent.js';
import { kustomization, tableOf, TestTable } from './gateway-table.js';
import type { Member } from './gateway-agent.js';

let hub: RunningHub;
let sql: DataSource;
const open: TestSession[] = [];

beforeAll(async () => {
  const postgres = await sharedPostgres();
  hub = await startTestHub({ databaseUrl: await postgres.createDatabase(), flags: { heartbeat: '1' } });
  sql = hub.app.get(DataSource);
});
afterAll(async () => hub?.stop());
afterEach(() => open.splice(0).forEach((session) => session.close()));

function dial(member: Member): TestSession {
  const session = new TestSession(hub.agentAddress, member);
  open.push(session);
  return session;
}

async function established(member: Member, table: TestTable): Promise<TestSession> {
  const session = await connect(hub.agentAddress, member, table);
  open.push(session);
  return session;
}

describe('records', () => {
  const at = new Date('2026-01-02T03:04:05Z');
  function event(sequence: bigint, message = `event ${sequence}`): WireRecord {
    const value = {
      severity: 'error',
      reason: 'BuildFailed',
      message,
      metadata: { revision: 'main@sha1:1' },
      object: kustomization('a').ref,
    };
    return WireRecord.fromPartial({ sequence, time: at, body: { $case: 'event', value } });
  }
  async function recordsOf({ clusterId }: Member): Promise<string[]> {
    const rows = await sql.query<{ sequence: string; reason: string; message: string }[]>(
      'SELECT sequence, reason, message FROM records WHERE cluster_id = $1 ORDER BY sequence',
      [clusterId],
    );
    return rows.map(({ sequence, reason, message }) => `${sequence} ${reason}: ${message}`);
  }

  it('are stored once, whatever comes again, and acknowledged after the commit', async () => {
    const member = await joinFleet(hub, 'records');
    const session = await established(member, new TestTable());
    session.send({ $case: 'records', value: { records: [event(1n), event(2n)] } });
    expect((await session.next('recordAck')).sequence).toBe(2n);
    session.send({ $case: 'records', value: { records: [event(2n), event(3n)] } });
    expect((await session.next('recordAck')).sequence).toBe(3n);
    session.close();
    const again = dial(member);
    again.send(new TestTable().hello());
    expect((await again.next('welcome')).acknowledgedRecord).toBe(3n);
    expect(await recordsOf(member)).toEqual([
      '1 BuildFailed: event 1',
      '2 BuildFailed: event 2',
      '3 BuildFailed: event 3',
    ]);
  });

  it('that the agent had to drop are told as lost, and so are those that never came', async () => {
    const member = await joinFleet(hub, 'gaps');
    const session = await established(member, new TestTable());
    const gap = WireRecord.fromPartial({
      sequence: 4n,
      time: at,
      body: { $case: 'gap', value: { firstSequence: 2n, lastSequence: 4n } },
    });
    session.send({ $case: 'records', value: { records: [event(1n), gap, event(5n), event(7n)] } });
    expect((await session.next('recordAck')).sequence).toBe(7n);
    expect(await recordsOf(member)).toEqual([
      '1 BuildFailed: event 1',
      '4 RecordsLost: 3 records were lost (2 to 4): the spool of the agent was full',
      '5 BuildFailed: event 5',
      '6 RecordsLost: 1 record was lost (6 to 6): the agent never sent them',
      '7 BuildFailed: event 7',
    ]);
  });
});

describe('an agent that breaks the protocol', () => {
  it.each([
    [
      'says something before Hello',
      (table: TestTable) => [table.heartbeat()],
      /the first message must be Hello/,
    ],
    ['says Hello twice', (table: TestTable) => [table.hello(), table.hello()], /Hello came twice/],
    ['has no instance', (table: TestTable) => [table.hello({ instanceId: '' })], /instanceId is empty/],
    [
      'sends an object without a name',
      (table: TestTable) => [
        table.hello(),
        ...table.snapshot(),
        table.delta([ObjectState.fromPartial({})], []),
      ],
      /without kind or name/,
    ],
    [
      'skips a part of a snapshot',
      (table: TestTable) => [table.hello(), table.snapshot(1)[1]!],
      /part 1 where part 0 was expected/,
    ],
    [
      'sends a snapshot that does not fit its hash',
      (table: TestTable) => [
        table.hello(),
        { $case: 'snapshot' as const, value: { ...table.snapshot()[0]!.value, objects: [] } },
      ],
      /does not fit its rows/,
    ],
  ])('and %s gets a Goodbye that says so', async (sentence, messages, reason) => {
    const name = `protocol-${sentence.length}-${sentence.charCodeAt(0)}`;
    const session = dial(await joinFleet(hub, name));
    const table = tableOf(kustomization('a'), kustomization('b'));
    for (const message of messages(table)) session.send(message);
    const goodbye = await session.next('goodbye');
    expect(goodbye).toMatchObject({ code: Code.CODE_PROTOCOL_ERROR, message: expect.stringMatching(reason) });
    expect(goodbye.retryAfterSeconds).toBeGreaterThan(0);
    await session.end();
  });

  it('or speaks another version is told who has to be upgraded', async () => {
    const session = dial(await joinFleet(hub, 'future'));
    session.send(new TestTable().hello({ protocolVersion: 2 }));
    expect(await session.next('goodbye')).toMatchObject({
      code: Code.CODE_INCOMPATIBLE,
      message: 'the agent speaks protocol version 2, the hub 1; upgrade the hub',
    });
  });

  it('or falls silent is cut off after three heartbeats', async () => {
    const member = await joinFleet(hub, 'silent');
    const session = await established(member, new TestTable());
    expect((await session.next('goodbye')).message).toBe('nothing was heard for 3 s');
  });
});
