// An agent's end of the link, spoken by hand: real keys, real certificates, real gRPC, and every message under control.
import { generateKeyPairSync, randomUUID, webcrypto } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { credentials } from '@grpc/grpc-js';
import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { AgentServiceClient } from '@flotilla/proto/flotilla/v1/agent';
import type { Hello, SessionRequest, SessionResponse } from '@flotilla/proto/flotilla/v1/agent';
import { EnrollmentServiceClient } from '@flotilla/proto/flotilla/v1/enrollment';
import type { EnrollResponse } from '@flotilla/proto/flotilla/v1/enrollment';
import { ObjectState } from '@flotilla/proto/flotilla/v1/state';
import { encodeRow, TableHash, tableKey } from '@flotilla/proto/table/table-hash';
import { CertificateAuthority } from '@flotilla/hub/enrollment/certificate-authority';
import { JoinTokensService } from '@flotilla/hub/enrollment/join-tokens.service';
import type { NewJoinToken } from '@flotilla/hub/enrollment/join-tokens.service';
import type { RunningHub } from '@flotilla/hub/start-hub';
import { DataSource } from 'typeorm';

/** A key and a certificate request for it, PEM. */
export interface Keys {
  readonly privateKey: string;
  readonly csr: string;
}

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export async function makeKeys(): Promise<Keys> {
  const keys = await webcrypto.subtle.generateKey(ecdsa, true, ['sign', 'verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=agent',
    keys,
    signingAlgorithm: ecdsa,
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { privateKey: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'), csr: request.toString('pem') };
}

/** Makes a join token as the REST API does. */
export async function makeJoinToken(hub: RunningHub, wanted: Partial<NewJoinToken> = {}): Promise<string> {
  const defaults = { ttlMs: 60_000, uses: 1, labels: {}, clusterName: null, createdBy: 'test' };
  const { manager } = hub.app.get(DataSource);
  const service = hub.app.get(JoinTokensService, { strict: false });
  return (await manager.transaction((transaction) => service.create(transaction, { ...defaults, ...wanted })))
    .token;
}

export interface Enrolment {
  readonly joinToken: string;
  readonly keys: Keys;
  readonly clusterName?: string;
  readonly clusterUid?: string;
  readonly labels?: Record<string, string>;
  readonly csr?: string;
}

/** Asks to enrol; rejects with the gRPC error. */
export async function enrol(hub: RunningHub, enrolment: Enrolment): Promise<EnrollResponse> {
  const ca = hub.app.get(CertificateAuthority, { strict: false }).bundle;
  const client = new EnrollmentServiceClient(hub.enrolAddress, credentials.createSsl(Buffer.from(ca)));
  const {
    joinToken,
    keys,
    clusterName = 'prod',
    clusterUid = `uid-${clusterName}`,
    labels = {},
    csr = keys.csr,
  } = enrolment;
  try {
    return await new Promise((resolve, reject) => {
      client.enroll({ joinToken, csr, clusterName, clusterUid, labels }, (error, answer) =>
        error ? reject(error) : resolve(answer),
      );
    });
  } finally {
    client.close();
  }
}

/** What an agent proves itself with. */
export interface Member {
  readonly clusterId: string;
  readonly keys: Keys;
  readonly chain: string;
  readonly ca: string;
}

/** Enrols a cluster that is new to the hub. */
export async function joinFleet(
  hub: RunningHub,
  clusterName: string,
  token?: Partial<NewJoinToken>,
): Promise<Member> {
  const keys = await makeKeys();
  const answer = await enrol(hub, { joinToken: await makeJoinToken(hub, token), keys, clusterName });
  return { clusterId: answer.clusterId, keys, chain: answer.certificateChain, ca: answer.caBundle };
}

export function clientOf(address: string, { ca, chain, keys }: Member): AgentServiceClient {
  const tls = credentials.createSsl(Buffer.from(ca), Buffer.from(keys.privateKey), Buffer.from(chain));
  return new AgentServiceClient(address, tls, { 'grpc.enable_retries': 0 });
}

type Answer = NonNullable<SessionResponse['message']>;
/** What an answer of kind `C` holds. */
type Value<C extends Answer['$case']> = Extract<Answer, { $case: C }>['value'];

/** An open stream; answers queue up until they are asked for. */
export class TestSession {
  readonly answers: Answer[] = [];
  ended = false;
  error: ServiceError | undefined;
  private readonly client: AgentServiceClient;
  private readonly stream: ClientDuplexStream<SessionRequest, SessionResponse>;

  constructor(address: string, member: Member) {
    this.client = clientOf(address, member);
    this.stream = this.client.session();
    this.stream.on('data', ({ message }: SessionResponse) => message && this.answers.push(message));
    this.stream.on('error', (error: ServiceError) => {
      this.error = error;
      this.ended = true;
    });
    this.stream.on('end', () => (this.ended = true));
  }

  send(message: NonNullable<SessionRequest['message']>): void {
    this.stream.write({ message });
  }

  /** The next answer of this kind; others that come before it are dropped. */
  async next<C extends Answer['$case']>(kind: C, withinMs = 10_000): Promise<Value<C>> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const answer = this.answers.shift();
      if (answer?.$case === kind) return answer.value as unknown as Value<C>;
      if (answer) continue;
      if (this.ended)
        throw new Error(`the stream ended before ${kind}: ${this.error?.message ?? 'no error'}`);
      if (performance.now() > deadline) throw new Error(`no ${kind} within ${withinMs} ms`);
      await sleep(5);
    }
  }

  /** Waits until the hub or the network has ended the stream. */
  async end(withinMs = 10_000): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (!this.ended) {
      if (performance.now() > deadline) throw new Error('the stream goes on');
      await sleep(5);
    }
  }

  /** What has come so far, without waiting. */
  has(kind: Answer['$case']): boolean {
    return this.answers.some(({ $case }) => $case === kind);
  }

  close(): void {
    this.stream.cancel();
    this.client.close();
  }
}

/** A table as an agent keeps it. */
export class TestTable {
  readonly rows = new Map<string, ObjectState>();
  sequence = 0n;

  constructor(readonly tableId: string = randomUUID()) {}

  get hash(): Uint8Array {
    const hash = new TableHash();
    for (const [key, state] of this.rows) hash.add(key, encodeRow(state));
    return hash.toBytes();
  }

  /** Sets rows and gives the delta that says so. */
  set(...states: readonly ObjectState[]): Extract<SessionRequest['message'], { $case: 'delta' }> {
    for (const state of states) this.rows.set(tableKey(state.ref!), state);
    this.sequence += BigInt(states.length);
    return this.delta(states, []);
  }

  remove(...states: readonly ObjectState[]): Extract<SessionRequest['message'], { $case: 'delta' }> {
    for (const state of states) this.rows.delete(tableKey(state.ref!));
    this.sequence += BigInt(states.length);
    return this.delta(
      [],
      states.map(({ ref }) => ref!),
    );
  }

  delta(
    upserts: readonly ObjectState[],
    deletes: readonly NonNullable<ObjectState['ref']>[],
  ): Extract<SessionRequest['message'], { $case: 'delta' }> {
    const value = {
      sequence: this.sequence,
      upserts: [...upserts],
      deletes: [...deletes],
      tableHash: this.hash,
      observedAt: new Date(),
    };
    return { $case: 'delta', value };
  }

  heartbeat(): Extract<SessionRequest['message'], { $case: 'heartbeat' }> {
    const value = {
      sequence: this.sequence,
      tableHash: this.hash,
      objects: this.rows.size,
      observedAt: new Date(),
    };
    return { $case: 'heartbeat', value };
  }

  /** The whole table in parts of `size` rows. */
  snapshot(size = 500): Extract<SessionRequest['message'], { $case: 'snapshot' }>[] {
    const rows = [...this.rows.values()];
    const count = Math.max(1, Math.ceil(rows.length / size));
    return Array.from({ length: count }, (_, part) => ({
      $case: 'snapshot' as const,
      value: {
        sequence: this.sequence,
        objects: rows.slice(part * size, (part + 1) * size),
        part,
        last: part === count - 1,
        tableHash: this.hash,
        observedAt: new Date(),
      },
    }));
  }

  hello(over: Partial<Hello> = {}): Extract<SessionRequest['message'], { $case: 'hello' }> {
    const value: Hello = {
      protocolVersion: 1,
      agentVersion: '0.1.0',
      kubernetesVersion: 'v1.33.2',
      shard: '',
      tableId: this.tableId,
      sequence: this.sequence,
      tableHash: this.hash,
      spoolId: 'spool-1',
      instanceId: 'instance-1',
      ...over,
    };
    return { $case: 'hello', value };
  }
}

/** A Kustomization that applied `revision`. */
export function kustomization(
  name: string,
  revision = 'main@sha1:1111111',
  over: Partial<ObjectState> = {},
): ObjectState {
  return ObjectState.fromPartial({
    ref: {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      namespace: 'flux-system',
      name,
    },
    uid: `uid-${name}`,
    generation: 1n,
    observedGeneration: 1n,
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        reason: 'ReconciliationSucceeded',
        message: `Applied revision: ${revision}`,
        observedGeneration: 1n,
        lastTransitionTime: new Date('2026-01-02T03:04:05Z'),
      },
    ],
    revision,
    attemptedRevision: revision,
    source: { apiVersion: '', kind: 'GitRepository', namespace: 'flux-system', name: 'flux-system' },
    inventory: { entries: 3, digest: 'abc' },
    changedAt: new Date('2026-01-02T03:04:05Z'),
    ...over,
  });
}

/** Opens a session and gives the hub the whole table, as it asks for it. */
export async function connect(
  address: string,
  member: Member,
  table: TestTable,
  over: Partial<Hello> = {},
): Promise<TestSession> {
  const session = new TestSession(address, member);
  session.send(table.hello(over));
  const welcome = await session.next('welcome');
  if (welcome.acknowledgedSequence !== table.sequence || table.sequence === 0n) {
    await session.next('snapshotRequest');
    for (const part of table.snapshot()) session.send(part);
    await session.next('stateAck');
  }
  return session;
}

/** An RSA key of `bits` with a request that is well signed. */
export async function rsaRequest(bits: number): Promise<string> {
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    publicExponent: new Uint8Array([1, 0, 1]),
    modulusLength: bits,
  };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=agent',
    keys,
    signingAlgorithm: algorithm,
  });
  return request.toString('pem');
}

/** A request that names one key and is signed by another. */
export async function stolenRequest(): Promise<string> {
  const signing = await webcrypto.subtle.generateKey(ecdsa, true, ['sign', 'verify']);
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const named = await webcrypto.subtle.importKey('spki', spki, ecdsa, true, ['verify']);
  const keys = { privateKey: signing.privateKey, publicKey: named };
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=agent',
    keys,
    signingAlgorithm: ecdsa,
  });
  return request.toString('pem');
}
