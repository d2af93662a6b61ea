import { createHash, X509Certificate } from 'node:crypto';
import { connect as tlsConnect } from 'node:tls';
import type { DetailedPeerCertificate } from 'node:tls';
import { status } from '@grpc/grpc-js';
import { credentials } from '@grpc/grpc-js';
import { EnrollmentServiceClient } from '@flotilla/proto/flotilla/v1/enrollment';
import type { ReissueResponse } from '@flotilla/proto/flotilla/v1/enrollment';
import { ClustersService } from '@flotilla/hub/clusters/clusters.service';
import { Clock } from '@flotilla/hub/platform/clock';
import type { RunningHub } from '@flotilla/hub/start-hub';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestHub } from '../servers/hub.js';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { enrol, joinFleet, makeJoinToken, makeKeys } from './gateway-agent.js';
import { rsaRequest, stolenRequest } from './gateway-bad-requests.js';
import type { Keys, Member } from './gateway-agent.js';

/** Time that can be moved ahead of the machine's. */
class ShiftedClock extends Clock {
  shiftMs = 0;
  override now(): Date {
    return new Date(Date.now() + this.shiftMs);
  }
}

const clock = new ShiftedClock();
let hub: RunningHub;
let sql: DataSource;
let keys: Keys;

beforeAll(async () => {
  const postgres = await sharedPostgres();
  hub = await startTestHub({
    databaseUrl: await postgres.createDatabase(),
    clock,
    flags: { publicEndpoint: 'hub.example.com:8443' },
  });
  sql = hub.app.get(DataSource);
});
afterAll(async () => hub?.stop());
beforeEach(async () => {
  clock.shiftMs = 0;
  keys = await makeKeys();
});

async function refusal(work: Promise<unknown>): Promise<{ code: number; details: string }> {
  const error = await work.then(
    () => expect.fail('it was not refused'),
    (thrown: { code: number; details: string }) => thrown,
  );
  return { code: error.code, details: error.details };
}

async function used(joinToken: string): Promise<number> {
  const id = joinToken.split('_')[1];
  const rows = await sql.query<{ used: number }[]>('SELECT used FROM join_tokens WHERE id = $1', [id]);
  return rows[0]?.used ?? -1;
}

async function inTransaction<T>(work: (manager: DataSource['manager']) => Promise<T>): Promise<T> {
  return sql.transaction(work);
}

async function reissue(member: Pick<Member, 'chain' | 'ca'>, csr: string): Promise<ReissueResponse> {
  const client = new EnrollmentServiceClient(hub.enrolAddress, credentials.createSsl(Buffer.from(member.ca)));
  try {
    return await new Promise((resolve, reject) => {
      client.reissue({ certificateChain: member.chain, csr }, (error, answer) =>
        error ? reject(error) : resolve(answer),
      );
    });
  } finally {
    client.close();
  }
}

describe('the join token', () => {
  it('carries the pin of a certificate that the enrolment port shows before anything is said', async () => {
    const pin = (await makeJoinToken(hub)).split('_').slice(3).join('_');
    const [host, port] = hub.enrolAddress.split(':');
    const pins = await new Promise<string[]>((resolve, reject) => {
      const socket = tlsConnect(
        { host, port: Number(port), rejectUnauthorized: false, ALPNProtocols: ['h2'] },
        () => {
          const found: string[] = [];
          let at: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
          for (; at; at = at.issuerCertificate === at ? undefined : at.issuerCertificate) {
            const spki = new X509Certificate(at.raw).publicKey.export({ type: 'spki', format: 'der' });
            found.push(createHash('sha256').update(spki).digest('base64url'));
          }
          socket.destroy();
          resolve(found);
        },
      );
      socket.once('error', reject);
    });
    expect(pins).toContain(pin);
  });

  it('is kept as a hash only', async () => {
    const secret = (await makeJoinToken(hub)).split('_')[2]!;
    const rows = await sql.query<object[]>('SELECT * FROM join_tokens');
    expect(JSON.stringify(rows)).not.toContain(secret);
  });

  it('is good for one cluster by default', async () => {
    const joinToken = await makeJoinToken(hub);
    await enrol(hub, { joinToken, keys, clusterName: 'single-1' });
    const { code, details } = await refusal(
      enrol(hub, { joinToken, keys: await makeKeys(), clusterName: 'single-2' }),
    );
    expect(code).toBe(status.PERMISSION_DENIED);
    expect(details).toMatch(/good for enrolling once and has been used; create a join token/);
  });

  it('is not used up twice by two clusters at the same moment', async () => {
    const joinToken = await makeJoinToken(hub, { uses: 2 });
    const tries = await Promise.allSettled(
      ['race-1', 'race-2', 'race-3', 'race-4'].map(async (clusterName) =>
        enrol(hub, { joinToken, keys: await makeKeys(), clusterName }),
      ),
    );
    expect(tries.filter(({ status: outcome }) => outcome === 'fulfilled')).toHaveLength(2);
    expect(await used(joinToken)).toBe(2);
  });

  it('lets the same key in again when the answer was lost, without being used up further', async () => {
    const joinToken = await makeJoinToken(hub);
    const first = await enrol(hub, { joinToken, keys, clusterName: 'lost-answer' });
    const second = await enrol(hub, { joinToken, keys, clusterName: 'lost-answer' });
    expect(second.clusterId).toBe(first.clusterId);
    expect(await used(joinToken)).toBe(1);
  });

  it('is not used up by a request that is refused', async () => {
    const joinToken = await makeJoinToken(hub);
    await refusal(enrol(hub, { joinToken, keys, clusterName: 'Not A Name' }));
    await refusal(enrol(hub, { joinToken, keys, csr: await stolenRequest() }));
    expect(await used(joinToken)).toBe(0);
  });

  it('ends with its time, for the same key, too', async () => {
    const joinToken = await makeJoinToken(hub, { ttlMs: 1000 });
    await enrol(hub, { joinToken, keys, clusterName: 'expiring' });
    clock.shiftMs = 2000;
    const { code, details } = await refusal(enrol(hub, { joinToken, keys, clusterName: 'expiring' }));
    expect(code).toBe(status.PERMISSION_DENIED);
    expect(details).toMatch(/it expired at .*create a join token/);
  });

  it.each([
    ['no token', 'nonsense'],
    ['another secret', undefined],
  ])('is refused when it is %s, and the answer says nothing about why', async (_, text) => {
    const real = await makeJoinToken(hub);
    const joinToken = text ?? real.replace(/_([0-9a-f]{64})_/, `_${'0'.repeat(64)}_`);
    const { code, details } = await refusal(enrol(hub, { joinToken, keys }));
    expect(code).toBe(status.UNAUTHENTICATED);
    expect(details).toMatch(/^the join token is not known; /);
  });

  it('limits the cluster to its name and its labels', async () => {
    const joinToken = await makeJoinToken(hub, { clusterName: 'scoped', labels: { env: 'prod' } });
    const byName = await refusal(enrol(hub, { joinToken, keys, clusterName: 'other' }));
    expect(byName.details).toMatch(/only for the cluster "scoped"/);
    const byLabel = await refusal(
      enrol(hub, { joinToken, keys, clusterName: 'scoped', labels: { env: 'dev' } }),
    );
    expect(byLabel.details).toMatch(/label env=dev contradicts env=prod/);
    const { clusterId } = await enrol(hub, { joinToken, keys, clusterName: 'scoped', labels: { team: 'a' } });
    const rows = await sql.query<object[]>('SELECT labels FROM clusters WHERE id = $1', [clusterId]);
    expect(rows).toEqual([{ labels: { env: 'prod', team: 'a' } }]);
  });
});

describe('a certificate request', () => {
  it.each([
    ['is no PEM', async () => 'nonsense', /it is not PKCS#10 in PEM; make a PKCS#10 request/],
    ['is signed by another key than it names', stolenRequest, /the signature does not fit its key/],
    ['has a weak key', () => rsaRequest(1024), /keys of the kind rsa 1024 are not accepted/],
    [
      'is endless',
      async () => `-----BEGIN CERTIFICATE REQUEST-----\n${'A'.repeat(20_000)}`,
      /longer than 16384 bytes/,
    ],
  ])('that %s is refused', async (_, csr, message) => {
    const { code, details } = await refusal(
      enrol(hub, { joinToken: await makeJoinToken(hub), keys, csr: await csr() }),
    );
    expect(code).toBe(status.INVALID_ARGUMENT);
    expect(details).toMatch(message);
  });

  it('with an RSA key of 2048 bits is fine', async () => {
    const csr = await rsaRequest(2048);
    const answer = await enrol(hub, { joinToken: await makeJoinToken(hub), keys, csr, clusterName: 'rsa' });
    expect(new X509Certificate(answer.certificateChain).publicKey.asymmetricKeyType).toBe('rsa');
  });
});

describe('the certificate', () => {
  it('names the cluster, is for clients only, and lives as long as the hub says', async () => {
    const answer = await enrol(hub, { joinToken: await makeJoinToken(hub), keys, clusterName: 'named' });
    const leaf = new X509Certificate(answer.certificateChain);
    expect(leaf.subjectAltName).toBe(`URI:spiffe://flotilla/cluster/${answer.clusterId}`);
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(leaf.ca).toBe(false);
    expect(leaf.verify(new X509Certificate(answer.caBundle).publicKey)).toBe(true);
    const hours = (Date.parse(leaf.validTo) - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(23.9);
    expect(hours).toBeLessThan(24.1);
    expect(answer.agentEndpoint).toBe('hub.example.com:8443');
  });
});

describe('a cluster', () => {
  it('keeps its id when it enrols again under its name, and its older certificates are revoked', async () => {
    const first = await enrol(hub, { joinToken: await makeJoinToken(hub), keys, clusterName: 'again' });
    const second = await enrol(hub, {
      joinToken: await makeJoinToken(hub),
      keys: await makeKeys(),
      clusterName: 'again',
    });
    expect(second.clusterId).toBe(first.clusterId);
    const serials = [first, second].map(
      ({ certificateChain }) => new X509Certificate(certificateChain).serialNumber,
    );
    const rows = await sql.query<{ serial: string; revoked: boolean }[]>(
      'SELECT serial, revoked_at IS NOT NULL AS revoked FROM cluster_certificates WHERE cluster_id = $1 ORDER BY issued_at',
      [first.clusterId],
    );
    expect(rows).toEqual([
      { serial: serials[0], revoked: true },
      { serial: serials[1], revoked: false },
    ]);
  });

  it('cannot take the name of another one', async () => {
    await joinFleet(hub, 'taken');
    const { code, details } = await refusal(
      enrol(hub, {
        joinToken: await makeJoinToken(hub),
        keys,
        clusterName: 'taken',
        clusterUid: 'somebody-else',
      }),
    );
    expect(code).toBe(status.ALREADY_EXISTS);
    expect(details).toMatch(/another cluster has this name.*choose another name/);
  });

  it('cannot be enrolled under a second name', async () => {
    await joinFleet(hub, 'one-name');
    const { code, details } = await refusal(
      enrol(hub, {
        joinToken: await makeJoinToken(hub),
        keys,
        clusterName: 'two-names',
        clusterUid: 'uid-one-name',
      }),
    );
    expect(code).toBe(status.ALREADY_EXISTS);
    expect(details).toMatch(/is enrolled as "one-name"/);
  });

  it('that was revoked comes back only by a join token that was made afterwards', async () => {
    const joinToken = await makeJoinToken(hub, { uses: 5 });
    await enrol(hub, { joinToken, keys, clusterName: 'revoked' });
    const clusters = hub.app.get(ClustersService, { strict: false });
    await inTransaction((manager) => clusters.revoke(manager, 'revoked', 'laptop lost'));
    for (const again of [keys, await makeKeys()]) {
      const { code, details } = await refusal(enrol(hub, { joinToken, keys: again, clusterName: 'revoked' }));
      expect(code).toBe(status.PERMISSION_DENIED);
      expect(details).toMatch(/it was cut off at .* to let it in again, create a join token/);
    }
    clock.shiftMs = 10;
    await expect(
      enrol(hub, { joinToken: await makeJoinToken(hub), keys, clusterName: 'revoked' }),
    ).resolves.toBeDefined();
  });

  it('leaves an audit record when it joins', async () => {
    await joinFleet(hub, 'audited');
    const rows = await sql.query<object[]>(
      `SELECT actor, action FROM audit_records WHERE subject = 'cluster/audited'`,
    );
    expect(rows).toEqual([{ actor: expect.stringMatching(/^join-token:/), action: 'cluster.enrolled' }]);
  });
});

describe('an agent that slept through its certificate', () => {
  it('gets a new one by its key', async () => {
    const member = await joinFleet(hub, 'sleeper');
    clock.shiftMs = 30 * 86_400_000;
    const { certificateChain } = await reissue(member, member.keys.csr);
    expect(new X509Certificate(certificateChain).subjectAltName).toBe(
      `URI:spiffe://flotilla/cluster/${member.clusterId}`,
    );
  });

  it('is refused without the key', async () => {
    const member = await joinFleet(hub, 'sleeper-thief');
    const { code, details } = await refusal(reissue(member, (await makeKeys()).csr));
    expect(code).toBe(status.UNAUTHENTICATED);
    expect(details).toMatch(/not signed with the key of the certificate/);
  });

  it('is refused when the cluster was revoked meanwhile', async () => {
    const member = await joinFleet(hub, 'sleeper-revoked');
    const clusters = hub.app.get(ClustersService, { strict: false });
    await inTransaction((manager) => clusters.revoke(manager, 'sleeper-revoked', 'stolen'));
    const { code, details } = await refusal(reissue(member, member.keys.csr));
    expect(code).toBe(status.PERMISSION_DENIED);
    expect(details).toMatch(/the identity was revoked: stolen/);
  });
});

describe('somebody who tries tokens', () => {
  it('is locked out for a minute, and everybody else from that address with them', async () => {
    const other = await startTestHub({ databaseUrl: await (await sharedPostgres()).createDatabase() });
    try {
      const codes: number[] = [];
      for (let i = 0; i < 31; i += 1)
        codes.push((await refusal(enrol(other, { joinToken: 'nonsense', keys }))).code);
      expect(codes.slice(0, 30)).toEqual(Array<number>(30).fill(status.UNAUTHENTICATED));
      expect(codes[30]).toBe(status.RESOURCE_EXHAUSTED);
    } finally {
      await other.stop();
    }
  });
});
