import { setTimeout as sleep } from 'node:timers/promises';
import { Goodbye_Code as Code } from '@flotilla/proto/flotilla/v1/agent';
import { ClustersService } from '@flotilla/hub/clusters/clusters.service';
import { ChangeFeed } from '@flotilla/hub/platform/changes/change-feed';
import type { RunningHub } from '@flotilla/hub/start-hub';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestHub } from '../servers/hub.js';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { temporaryFolder } from '../servers/temporary-folder.js';
import { connect, joinFleet, TestSession } from './gateway-agent.js';
import { TestTable, kustomization } from './gateway-table.js';

const folder = temporaryFolder('replicas');
let databaseUrl: string;
let one: RunningHub;
let two: RunningHub;

beforeAll(async () => {
  databaseUrl = await (await sharedPostgres()).createDatabase();
  const start = (): Promise<RunningHub> =>
    startTestHub({ databaseUrl, dataDir: folder.path, flags: { heartbeat: '1' } });
  one = await start();
  two = await start();
});
afterAll(async () => {
  await Promise.all([one?.stop(), two?.stop()]);
  folder.remove();
});

describe('two replicas on one database', () => {
  it('take turns with an agent, which goes on where it was', async () => {
    const member = await joinFleet(one, 'roaming');
    const table = new TestTable();
    table.set(kustomization('a'));
    const first = await connect(one.agentAddress, member, table);
    const second = new TestSession(two.agentAddress, member);
    second.send(table.hello());
    expect((await second.next('welcome')).acknowledgedSequence).toBe(1n);
    expect(await first.next('goodbye')).toMatchObject({ code: Code.CODE_SUPERSEDED });
    second.close();
  });

  it('cut a session wherever it is', async () => {
    const member = await joinFleet(one, 'revoked-elsewhere');
    const session = await connect(two.agentAddress, member, new TestTable());
    const clusters = one.app.get(ClustersService, { strict: false });
    await one.app
      .get(DataSource)
      .transaction((manager) => clusters.revoke(manager, 'revoked-elsewhere', 'test'));
    expect(await session.next('goodbye', 1000)).toMatchObject({ code: Code.CODE_REVOKED });
  });

  it('see a clone that dials the other one', async () => {
    const member = await joinFleet(one, 'cloned-elsewhere');
    const table = new TestTable();
    const first = await connect(one.agentAddress, member, table, { instanceId: 'one' });
    const timer = setInterval(() => first.send(table.heartbeat()), 300);
    const second = new TestSession(two.agentAddress, member);
    second.send(table.hello({ instanceId: 'two' }));
    expect(await first.next('goodbye')).toMatchObject({ code: Code.CODE_CLONED });
    expect(await second.next('goodbye')).toMatchObject({ code: Code.CODE_CLONED });
    clearInterval(timer);
  });

  it('both tell their readers what either has written', async () => {
    const member = await joinFleet(one, 'told');
    const keys: (string | null)[] = [];
    const subscription = two.app.get(ChangeFeed).messages.subscribe((message) => {
      if (message.kind !== 'changes') return;
      keys.push(
        ...message.changes
          .filter(({ clusterId, topic }) => clusterId === member.clusterId && topic === 'object')
          .map(({ key }) => key),
      );
    });
    const table = new TestTable();
    const session = await connect(one.agentAddress, member, table);
    session.send(table.set(kustomization('a')));
    await session.next('stateAck');
    await expect.poll(() => keys).toEqual(['kustomize.toolkit.fluxcd.io/v1|Kustomization|flux-system|a']);
    subscription.unsubscribe();
    session.close();
  });

  it('do not write for a session that another replica has taken over', async () => {
    const member = await joinFleet(one, 'fenced');
    const table = new TestTable();
    const session = await connect(one.agentAddress, member, table);
    // Another replica takes the row, and the message about it has not arrived yet.
    await one.app
      .get(DataSource)
      .query(`UPDATE agents SET session_id = 'other' WHERE cluster_id = $1`, [member.clusterId]);
    session.send(table.set(kustomization('a')));
    expect(await session.next('goodbye')).toMatchObject({ code: Code.CODE_SUPERSEDED });
    const rows = await one.app
      .get(DataSource)
      .query<object[]>('SELECT FROM object_statuses WHERE cluster_id = $1', [member.clusterId]);
    expect(rows).toEqual([]);
  });
});

describe('a replica', () => {
  it('with another certificate authority is refused', async () => {
    await expect(startTestHub({ databaseUrl })).rejects.toThrow(
      /the fleet in this database trusts another one .*--ca-cert/,
    );
  });

  it('that stops says so to its agents, and they count as not connected', async () => {
    const member = await joinFleet(one, 'stopping');
    const three = await startTestHub({ databaseUrl, dataDir: folder.path });
    const session = await connect(three.agentAddress, member, new TestTable());
    const stopped = three.stop();
    expect(await session.next('goodbye')).toMatchObject({ code: Code.CODE_SHUTTING_DOWN });
    await stopped;
    const rows = await one.app
      .get(DataSource)
      .query<object[]>('SELECT session_id, replica_id FROM agents WHERE cluster_id = $1', [member.clusterId]);
    expect(rows).toEqual([{ session_id: null, replica_id: null }]);
  });

  it('that lost its database goes on with its agents when that is back', async () => {
    const member = await joinFleet(one, 'database-away');
    const table = new TestTable();
    const session = await connect(two.agentAddress, member, table);
    await one.app
      .get(DataSource)
      .query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
      );
    session.send(table.set(kustomization('a')));
    expect((await session.next('stateAck')).sequence).toBe(1n);
    expect(session.ended).toBe(false);
    // Notifications are heard again.
    await sleep(1500);
    const clusters = one.app.get(ClustersService, { strict: false });
    await one.app.get(DataSource).transaction((manager) => clusters.revoke(manager, 'database-away', 'test'));
    expect(await session.next('goodbye', 1000)).toMatchObject({ code: Code.CODE_REVOKED });
  });
});
