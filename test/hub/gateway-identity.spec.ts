import { X509Certificate } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { credentials, status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { AgentServiceClient, Goodbye_Code as Code } from '@flotilla/proto/flotilla/v1/agent';
import type { RenewCertificateResponse } from '@flotilla/proto/flotilla/v1/agent';
import { ClustersService } from '@flotilla/hub/clusters/clusters.service';
import { CertificateAuthority } from '@flotilla/hub/enrollment/certificate-authority';
import { Clock } from '@flotilla/hub/platform/clock';
import type { RunningHub } from '@flotilla/hub/start-hub';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startTestHub } from '../servers/hub.js';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { clientOf, connect, joinFleet, makeKeys, TestSession } from './gateway-agent.js';
import { TestTable, kustomization } from './gateway-table.js';
import type { Member } from './gateway-agent.js';

class ShiftedClock extends Clock {
  shiftMs = 0;
  override now(): Date {
    return new Date(Date.now() + this.shiftMs);
  }
}

const clock = new ShiftedClock();
let hub: RunningHub;
let sql: DataSource;
const open: TestSession[] = [];

beforeAll(async () => {
  const postgres = await sharedPostgres();
  hub = await startTestHub({
    databaseUrl: await postgres.createDatabase(),
    clock,
    flags: { heartbeat: '1' },
  });
  sql = hub.app.get(DataSource);
});
afterAll(async () => hub?.stop());
afterEach(() => {
  clock.shiftMs = 0;
  open.splice(0).forEach((session) => session.close());
});

async function established(member: Member, instanceId: string, table = oneRow()): Promise<TestSession> {
  const session = await connect(hub.agentAddress, member, table, { instanceId });
  open.push(session);
  return session;
}

function oneRow(): TestTable {
  const table = new TestTable();
  table.set(kustomization('a'));
  return table;
}

/** Keeps a session alive as a living agent does. */
function beat(session: TestSession, table: TestTable): () => void {
  const timer = setInterval(() => session.send(table.heartbeat()), 300);
  return () => clearInterval(timer);
}

async function renew(member: Member, csr: string): Promise<RenewCertificateResponse> {
  const client = clientOf(hub.agentAddress, member);
  try {
    return await new Promise((resolve, reject) => {
      client.renewCertificate({ csr }, (error, answer) => (error ? reject(error) : resolve(answer)));
    });
  } finally {
    client.close();
  }
}

async function revoke(name: string): Promise<void> {
  const clusters = hub.app.get(ClustersService, { strict: false });
  await sql.transaction((manager) => clusters.revoke(manager, name, 'laptop stolen'));
}

async function connected({ clusterId }: Member): Promise<boolean> {
  const rows = await sql.query<{ connected: boolean }[]>(
    'SELECT replica_id IS NOT NULL AS connected FROM agents WHERE cluster_id = $1',
    [clusterId],
  );
  return rows[0]?.connected ?? false;
}

describe('without a certificate of this hub', () => {
  it.each([
    ['none', async () => undefined],
    [
      'one of another authority',
      async () => {
        const other = await CertificateAuthority.create(new Date());
        const authority = await CertificateAuthority.open(other.certificate, other.privateKey);
        const keys = await makeKeys();
        const { publicKey } = new X509Certificate(
          (await authority.issueServer(['localhost'], 60_000, new Date())).certificateChain,
        );
        const { certificateChain } = await authority.issueClient('stranger', publicKey, 60_000, new Date());
        return { key: keys.privateKey, chain: certificateChain };
      },
    ],
  ])('(%s) nobody gets a stream', async (_, identity) => {
    const ca = Buffer.from(hub.app.get(CertificateAuthority, { strict: false }).bundle);
    const own = await identity();
    let client: AgentServiceClient;
    try {
      client = new AgentServiceClient(
        hub.agentAddress,
        own
          ? credentials.createSsl(ca, Buffer.from(own.key), Buffer.from(own.chain))
          : credentials.createSsl(ca),
      );
    } catch {
      return;
    }
    const stream = client.session();
    const error = await new Promise<ServiceError>((resolve) => stream.once('error', resolve));
    expect([status.UNAVAILABLE, status.UNAUTHENTICATED]).toContain(error.code);
    client.close();
  });
});

describe('a revoked cluster', () => {
  it('is cut at once, and told so when it dials again', async () => {
    const member = await joinFleet(hub, 'cut');
    const session = await established(member, 'i');
    await revoke('cut');
    const goodbye = {
      code: Code.CODE_REVOKED,
      message: 'the identity was revoked: laptop stolen',
      retryAfterSeconds: 0,
    };
    expect(await session.next('goodbye', 1000)).toMatchObject(goodbye);
    await session.end();
    const again = new TestSession(hub.agentAddress, member);
    open.push(again);
    again.send(new TestTable().hello());
    expect(await again.next('goodbye')).toMatchObject(goodbye);
    expect(again.has('welcome')).toBe(false);
    await expect.poll(() => connected(member)).toBe(false);
  });

  it('cannot renew its certificate', async () => {
    const member = await joinFleet(hub, 'no-renewal');
    await revoke('no-renewal');
    await expect(renew(member, (await makeKeys()).csr)).rejects.toMatchObject({
      code: status.PERMISSION_DENIED,
    });
  });
});

describe('a removed cluster', () => {
  it('is cut at once, and nothing of it is left', async () => {
    const member = await joinFleet(hub, 'removed');
    const table = new TestTable();
    table.set(kustomization('a'));
    const session = await established(member, 'i', table);
    const clusters = hub.app.get(ClustersService, { strict: false });
    await sql.transaction((manager) => clusters.remove(manager, 'removed'));
    expect(await session.next('goodbye', 1000)).toMatchObject({
      code: Code.CODE_REVOKED,
      message: 'the cluster is not a member of the fleet',
    });
    const rows = await sql.query<object[]>('SELECT FROM object_statuses WHERE cluster_id = $1', [
      member.clusterId,
    ]);
    expect(rows).toEqual([]);
  });
});

describe('a certificate', () => {
  it('is renewed for a new key, and the old one goes on', async () => {
    const member = await joinFleet(hub, 'renewed');
    const session = await established(member, 'i');
    const keys = await makeKeys();
    const { certificateChain, caBundle } = await renew(member, keys.csr);
    const fresh = { ...member, keys, chain: certificateChain, ca: caBundle };
    expect(new X509Certificate(certificateChain).subjectAltName).toBe(
      `URI:spiffe://flotilla/cluster/${member.clusterId}`,
    );
    const next = await established(fresh, 'i');
    expect(await session.next('goodbye')).toMatchObject({ code: Code.CODE_SUPERSEDED });
    await established(member, 'i');
    expect(await next.next('goodbye')).toMatchObject({ code: Code.CODE_SUPERSEDED });
  });

  it('that expires ends its session', async () => {
    const session = await established(await joinFleet(hub, 'expires'), 'i');
    clock.shiftMs = 25 * 3_600_000;
    expect(await session.next('goodbye')).toMatchObject({ code: Code.CODE_EXPIRED });
  });
});

describe('a second stream of the same process', () => {
  it('takes over at once', async () => {
    const member = await joinFleet(hub, 'redial');
    const first = await established(member, 'i');
    const second = await established(member, 'i');
    expect(await first.next('goodbye')).toMatchObject({ code: Code.CODE_SUPERSEDED });
    await first.end();
    await sleep(100);
    expect(second.ended).toBe(false);
    expect(await connected(member)).toBe(true);
  });
});

describe('a second process with the same certificate', () => {
  it('takes over when the first one has ended', async () => {
    const member = await joinFleet(hub, 'successor');
    (await established(member, 'old')).close();
    const began = performance.now();
    await established(member, 'new');
    expect(performance.now() - began).toBeLessThan(1000);
  });

  it('takes over when nothing more is heard of the first one', async () => {
    const member = await joinFleet(hub, 'half-open');
    const old = await established(member, 'old');
    await established(member, 'new');
    expect(await old.next('goodbye')).toMatchObject({ code: Code.CODE_SUPERSEDED });
  });

  it('is a clone when both live: both are cut, the cluster is quarantined, and that is on record', async () => {
    const member = await joinFleet(hub, 'cloned');
    const table = new TestTable();
    const first = await established(member, 'one', table);
    const stop = beat(first, table);
    const second = new TestSession(hub.agentAddress, member);
    open.push(second);
    second.send(table.hello({ instanceId: 'two' }));
    const message = expect.stringMatching(
      /the cluster is quarantined: two processes used the same certificate/,
    );
    expect(await first.next('goodbye')).toMatchObject({ code: Code.CODE_CLONED, message });
    expect(await second.next('goodbye')).toMatchObject({ code: Code.CODE_CLONED, message });
    stop();
    expect(second.has('welcome')).toBe(false);
    const audit = await sql.query<object[]>(
      `SELECT actor, action FROM audit_records WHERE subject = 'cluster/cloned' ORDER BY id`,
    );
    expect(audit).toEqual([
      { actor: expect.anything(), action: 'cluster.enrolled' },
      { actor: 'hub', action: 'cluster.quarantined' },
    ]);
    const third = new TestSession(hub.agentAddress, member);
    open.push(third);
    third.send(table.hello({ instanceId: 'three' }));
    expect(await third.next('goodbye')).toMatchObject({ code: Code.CODE_CLONED });
  });

  it('of another shard is none', async () => {
    const member = await joinFleet(hub, 'shards');
    const one = await connect(hub.agentAddress, member, new TestTable(), { shard: 'a', instanceId: 'one' });
    const two = await connect(hub.agentAddress, member, new TestTable(), { shard: 'b', instanceId: 'two' });
    open.push(one, two);
    await sleep(200);
    expect([one.ended, two.ended]).toEqual([false, false]);
  });
});
