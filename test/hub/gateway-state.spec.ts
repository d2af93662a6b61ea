import { setTimeout as sleep } from 'node:timers/promises';
import { ObjectState } from '@flotilla/proto/flotilla/v1/state';
import { ChangeFeed } from '@flotilla/hub/platform/changes/change-feed';
import type { Change } from '@flotilla/hub/platform/changes/change';
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

async function objectsOf({ clusterId }: Member): Promise<string[]> {
  const rows = await sql.query<{ name: string; revision: string }[]>(
    'SELECT name, revision FROM object_statuses WHERE cluster_id = $1 ORDER BY name',
    [clusterId],
  );
  return rows.map(({ name, revision }) => `${name} ${revision.slice(-7)}`);
}

async function observedAt({ clusterId }: Member): Promise<number> {
  const rows = await sql.query<{ at: Date | null }[]>(
    'SELECT observed_at AS at FROM agents WHERE cluster_id = $1',
    [clusterId],
  );
  return rows[0]?.at?.getTime() ?? 0;
}

describe('the first session of a cluster', () => {
  it('begins with Welcome and asks for the whole table', async () => {
    const member = await joinFleet(hub, 'first');
    const table = new TestTable();
    table.set(kustomization('a'), kustomization('b'));
    const session = dial(member);
    session.send(table.hello());
    expect(await session.next('welcome')).toMatchObject({
      clusterId: member.clusterId,
      clusterName: 'first',
      acknowledgedSequence: 0n,
      heartbeatSeconds: 1,
    });
    expect((await session.next('snapshotRequest')).reason).toBe('the hub does not hold the table');
    for (const part of table.snapshot(1)) session.send(part);
    expect((await session.next('stateAck')).sequence).toBe(2n);
    expect(await objectsOf(member)).toEqual(['a 1111111', 'b 1111111']);
  });

  it('stores the axes, the conditions and the source of an object', async () => {
    const member = await joinFleet(hub, 'axes');
    const table = new TestTable();
    table.set(kustomization('good'), kustomization('off', 'main@sha1:2222222', { suspended: true }));
    await established(member, table);
    const rows = await sql.query<object[]>(
      `SELECT name, sync, health, ready_status, reason, suspended, source_kind, inventory_entries, conditions->0->>'type' AS type
       FROM object_statuses WHERE cluster_id = $1 ORDER BY name`,
      [member.clusterId],
    );
    const common = {
      ready_status: 'True',
      reason: 'ReconciliationSucceeded',
      source_kind: 'GitRepository',
      inventory_entries: '3',
      type: 'Ready',
    };
    expect(rows).toEqual([
      { name: 'good', sync: 'Synced', health: 'Healthy', suspended: false, ...common },
      { name: 'off', sync: 'Synced', health: 'Suspended', suspended: true, ...common },
    ]);
  });
});

describe('a delta', () => {
  it('is acknowledged when it is committed, with changed, new and removed objects', async () => {
    const member = await joinFleet(hub, 'delta');
    const table = new TestTable();
    table.set(kustomization('a'), kustomization('b'));
    const session = await established(member, table);
    session.send(table.set(kustomization('a', 'main@sha1:2222222'), kustomization('c')));
    expect((await session.next('stateAck')).sequence).toBe(4n);
    session.send(table.remove(kustomization('b')));
    expect((await session.next('stateAck')).sequence).toBe(5n);
    expect(await objectsOf(member)).toEqual(['a 2222222', 'c 1111111']);
    session.send(table.heartbeat());
    await sleep(100);
    expect(session.has('snapshotRequest')).toBe(false);
  });

  it('that comes again changes nothing and is acknowledged again', async () => {
    const member = await joinFleet(hub, 'replay');
    const table = new TestTable();
    const session = await established(member, table);
    const delta = table.set(kustomization('a'));
    session.send(delta);
    session.send(delta);
    expect((await session.next('stateAck')).sequence).toBe(1n);
    expect((await session.next('stateAck')).sequence).toBe(1n);
    session.send(table.set(kustomization('b')));
    expect((await session.next('stateAck')).sequence).toBe(2n);
    expect(session.has('snapshotRequest')).toBe(false);
    expect(await objectsOf(member)).toEqual(['a 1111111', 'b 1111111']);
  });

  it('that leaves another table than the agent has leads to a snapshot, which repairs it', async () => {
    const member = await joinFleet(hub, 'mismatch');
    const table = new TestTable();
    const session = await established(member, table);
    table.set(kustomization('lost'));
    const delta = table.set(kustomization('sent'));
    session.send(delta);
    expect((await session.next('snapshotRequest')).reason).toBe('the table hashes differ after the delta');
    // What the agent says before it has read the request is not used.
    session.send(table.set(kustomization('later')));
    for (const part of table.snapshot(2)) session.send(part);
    expect((await session.next('stateAck')).sequence).toBe(3n);
    expect(await objectsOf(member)).toEqual(['later 1111111', 'lost 1111111', 'sent 1111111']);
    expect(session.has('stateAck')).toBe(false);
  });

  it('with texts that PostgreSQL cannot store is stored without the bad characters', async () => {
    const member = await joinFleet(hub, 'nul');
    const table = new TestTable();
    const session = await established(member, table);
    session.send(table.set(kustomization('a', 'main\0@sha1:1111111')));
    expect((await session.next('stateAck')).sequence).toBe(1n);
    expect(await objectsOf(member)).toEqual(['a 1111111']);
  });

  it('of a newer agent, with fields that the hub does not know, is hashed as it came', async () => {
    const member = await joinFleet(hub, 'newer');
    const table = new TestTable();
    const session = await established(member, table);
    // Field 4000, a text.
    const newer = ObjectState.decode(
      Buffer.concat([ObjectState.encode(kustomization('a')).finish(), Buffer.from('82fa0103616263', 'hex')]),
    );
    session.send(table.set(newer));
    await session.next('stateAck');
    session.send(table.heartbeat());
    await sleep(100);
    expect(session.has('snapshotRequest')).toBe(false);
    expect(table.hash).not.toEqual(tableOf(kustomization('a')).hash);
  });
});

describe('a heartbeat', () => {
  it('confirms what the hub holds', async () => {
    const member = await joinFleet(hub, 'confirm');
    const table = tableOf(kustomization('a'));
    const session = await established(member, table);
    const before = await observedAt(member);
    await sleep(20);
    session.send(table.heartbeat());
    await expect.poll(() => observedAt(member)).toBeGreaterThan(before);
  });

  it('confirms nothing while the agent has changes that are not here yet', async () => {
    const member = await joinFleet(hub, 'behind');
    const table = tableOf(kustomization('a'));
    const session = await established(member, table);
    const before = await observedAt(member);
    table.set(kustomization('b'));
    session.send(table.heartbeat());
    session.send(table.delta([...table.rows.values()], []));
    await session.next('stateAck');
    await sleep(20);
    const confirmed = await observedAt(member);
    expect(confirmed).toBeGreaterThan(before);
    table.set(kustomization('c'));
    session.send(table.heartbeat());
    await sleep(100);
    expect(await observedAt(member)).toBe(confirmed);
  });

  it('with another hash leads to a snapshot', async () => {
    const member = await joinFleet(hub, 'drifted');
    const table = tableOf(kustomization('a'));
    const session = await established(member, table);
    await sql.query('DELETE FROM object_statuses WHERE cluster_id = $1', [member.clusterId]);
    await sql.query(`UPDATE agents SET table_hash = '\\x01' WHERE cluster_id = $1`, [member.clusterId]);
    session.send(table.heartbeat());
    await session.next('snapshotRequest');
    for (const part of table.snapshot()) session.send(part);
    await session.next('stateAck');
    expect(await objectsOf(member)).toEqual(['a 1111111']);
  });
});

describe('a session that comes back', () => {
  it('goes on after the number that the hub holds', async () => {
    const member = await joinFleet(hub, 'resume');
    const table = tableOf(kustomization('a'));
    (await established(member, table)).close();
    table.set(kustomization('b'));
    const session = dial(member);
    session.send(table.hello());
    expect((await session.next('welcome')).acknowledgedSequence).toBe(1n);
    session.send(table.delta([kustomization('b')], []));
    expect((await session.next('stateAck')).sequence).toBe(2n);
    expect(session.has('snapshotRequest')).toBe(false);
  });

  it('of a restarted agent with the same rows sends nothing', async () => {
    const member = await joinFleet(hub, 'restarted');
    const before = tableOf(kustomization('a'), kustomization('b'));
    (await established(member, before)).close();
    const after = tableOf(kustomization('b'), kustomization('a'));
    const session = dial(member);
    session.send(after.hello({ instanceId: 'instance-2' }));
    expect((await session.next('welcome')).acknowledgedSequence).toBe(after.sequence);
    session.send(after.heartbeat());
    session.send(after.set(kustomization('c')));
    expect((await session.next('stateAck')).sequence).toBe(3n);
    expect(session.has('snapshotRequest')).toBe(false);
    expect(await objectsOf(member)).toEqual(['a 1111111', 'b 1111111', 'c 1111111']);
  });

  it('of a restarted agent with other rows replaces what the hub holds', async () => {
    const member = await joinFleet(hub, 'changed');
    (await established(member, tableOf(kustomization('old'), kustomization('both')))).close();
    const table = tableOf(kustomization('both'), kustomization('new'));
    await established(member, table);
    expect(await objectsOf(member)).toEqual(['both 1111111', 'new 1111111']);
  });

  it('in the middle of a snapshot is asked for all of it again', async () => {
    const member = await joinFleet(hub, 'torn');
    const table = tableOf(kustomization('a'));
    (await established(member, table)).close();
    const next = tableOf(kustomization('b'), kustomization('c'), kustomization('d'));
    const first = dial(member);
    first.send(next.hello());
    await first.next('snapshotRequest');
    first.send(next.snapshot(1)[0]!);
    await expect.poll(() => objectsOf(member)).toEqual(['a 1111111', 'b 1111111']);
    first.close();
    const second = dial(member);
    second.send(next.hello());
    expect((await second.next('welcome')).acknowledgedSequence).toBe(0n);
    await second.next('snapshotRequest');
    for (const part of next.snapshot(1)) second.send(part);
    await second.next('stateAck');
    expect(await objectsOf(member)).toEqual(['b 1111111', 'c 1111111', 'd 1111111']);
  });
});

describe('readers', () => {
  it('hear of what changed, when it is committed, and of nothing else', async () => {
    const member = await joinFleet(hub, 'readers');
    const table = tableOf(kustomization('a'), kustomization('b'));
    const session = await established(member, table);
    const heard: Change[] = [];
    const subscription = hub.app.get(ChangeFeed).messages.subscribe((message) => {
      if (message.kind === 'changes')
        heard.push(...message.changes.filter(({ clusterId }) => clusterId === member.clusterId));
    });
    session.send(table.set(kustomization('a', 'main@sha1:3333333')));
    await session.next('stateAck');
    session.send(table.remove(kustomization('b')));
    await session.next('stateAck');
    const key = (name: string): string => `kustomize.toolkit.fluxcd.io/v1|Kustomization|flux-system|${name}`;
    await expect
      .poll(() => heard)
      .toEqual([
        { topic: 'object', clusterId: member.clusterId, key: key('a'), deleted: false },
        { topic: 'object', clusterId: member.clusterId, key: key('b'), deleted: true },
      ]);
    subscription.unsubscribe();
  });
});
