import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import pg from 'pg';
import { EnrollmentServiceClient } from '@flotilla/proto/flotilla/v1/enrollment';
import type { EnrollResponse } from '@flotilla/proto/flotilla/v1/enrollment';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startFlotillaHub } from '../servers/flotilla-hub.js';
import type { FlotillaHub } from '../servers/flotilla-hub.js';
import { repositoryRoot } from '../servers/repository-root.js';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { temporaryFolder } from '../servers/temporary-folder.js';
import { connect, makeKeys, TestSession } from './gateway-agent.js';
import { TestTable, kustomization } from './gateway-table.js';
import type { Member } from './gateway-agent.js';

const folder = temporaryFolder('hub-kill');
let databaseUrl: string;
let database: pg.Client;
let hub: FlotillaHub;
let member: Member;
let table: TestTable;
let session: TestSession;
let clusters = 0;

async function start(): Promise<FlotillaHub> {
  return startFlotillaHub({
    dataDir: folder.path,
    log: join(folder.path, 'hub.log'),
    databaseUrl,
    ...(hub && { ports: hub.ports }),
  });
}

async function join_(name: string): Promise<Member> {
  const answer = await fetch(`${hub.url}/api/v1/join-tokens`, {
    method: 'POST',
    headers: { authorization: `Bearer ${hub.adminToken}`, 'content-type': 'application/json' },
    body: '{}',
  });
  const { token: joinToken } = (await answer.json()) as { token: string };
  const keys = await makeKeys();
  const ca = readFileSync(join(folder.path, 'ca.pem'));
  const client = new EnrollmentServiceClient(hub.enrollAddress, credentials.createSsl(ca));
  const request = { joinToken, csr: keys.csr, clusterName: name, clusterUid: `uid-${name}`, labels: {} };
  const enrolled = await new Promise<EnrollResponse>((resolve, reject) => {
    client.enroll(request, (error, response) => (error ? reject(error) : resolve(response)));
  });
  client.close();
  return { clusterId: enrolled.clusterId, keys, chain: enrolled.certificateChain, ca: enrolled.caBundle };
}

async function names(): Promise<string[]> {
  const { rows } = await database.query<{ name: string }>(
    'SELECT name FROM object_statuses WHERE cluster_id = $1 ORDER BY name',
    [member.clusterId],
  );
  return rows.map(({ name }) => name);
}

beforeAll(async () => {
  // The hub runs as it is installed: compiled.
  execFileSync(process.execPath, ['node_modules/typescript7/bin/tsc', '-b', 'hub'], {
    cwd: repositoryRoot(),
  });
  databaseUrl = await (await sharedPostgres()).createDatabase();
  database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  hub = await start();
});
beforeEach(async () => {
  clusters += 1;
  member = await join_(`killed-${clusters}`);
  table = new TestTable();
  table.set(kustomization('a'));
  session = await connect(hub.agentAddress, member, table);
});
afterAll(async () => {
  await hub?.stop();
  await database?.end();
  folder.remove();
});

describe('a hub that is killed', () => {
  it('while it writes has acknowledged nothing, and gets it again', async () => {
    await database.query('BEGIN');
    await database.query('SELECT FROM agents WHERE cluster_id = $1 FOR UPDATE', [member.clusterId]);
    session.send(table.set(kustomization('b')));
    const waiting = `SELECT count(*)::int AS count FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
    const other = new pg.Client({ connectionString: databaseUrl });
    await other.connect();
    await expect.poll(async () => (await other.query<{ count: number }>(waiting)).rows[0]?.count).toBe(1);
    await other.end();
    await hub.process.stop('SIGKILL');
    await database.query('COMMIT');
    await session.end();
    expect(session.has('stateAck')).toBe(false);
    expect(await names()).toEqual(['a']);

    hub = await start();
    session = new TestSession(hub.agentAddress, member);
    session.send(table.hello());
    expect((await session.next('welcome')).acknowledgedSequence).toBe(1n);
    session.send(table.delta([kustomization('b')], []));
    expect((await session.next('stateAck')).sequence).toBe(2n);
    expect(session.has('snapshotRequest')).toBe(false);
    expect(await names()).toEqual(['a', 'b']);
    session.close();
  });

  it('after it has written, before the answer is read, knows what it has', async () => {
    session.send(table.set(kustomization('b')));
    await expect.poll(names).toEqual(['a', 'b']);
    await hub.process.stop('SIGKILL');
    await session.end();

    hub = await start();
    session = new TestSession(hub.agentAddress, member);
    session.send(table.hello());
    expect((await session.next('welcome')).acknowledgedSequence).toBe(2n);
    session.send(table.set(kustomization('c')));
    expect((await session.next('stateAck')).sequence).toBe(3n);
    expect(session.has('snapshotRequest')).toBe(false);
    session.close();
  });

  it('after a veto was committed, before anybody was told, has the next one tell', async () => {
    await database.query('BEGIN');
    await database.query('LOCK TABLE standing_sets IN ACCESS EXCLUSIVE MODE');
    const veto = { url: 'https://git.example.com/app', revision: 'b'.repeat(40), reason: 'broken' };
    const answer = await fetch(`${hub.url}/api/v1/vetoes`, {
      method: 'POST',
      headers: { authorization: `Bearer ${hub.adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(veto),
    });
    expect(answer.status).toBe(201);
    await hub.process.stop('SIGKILL');
    await database.query('COMMIT');
    await session.end();
    expect(session.has('standingIntents')).toBe(false);

    hub = await start();
    session = new TestSession(hub.agentAddress, member);
    session.send(table.hello());
    expect((await session.next('standingIntents')).vetoes).toMatchObject([veto]);
    session.close();
  });

  it('lets its agents come back at once, though nobody has freed their sessions', async () => {
    await hub.process.stop('SIGKILL');
    hub = await start();
    const began = performance.now();
    session = new TestSession(hub.agentAddress, member);
    session.send(table.hello());
    await session.next('welcome');
    expect(performance.now() - began).toBeLessThan(1500);
    session.close();
  });
});
