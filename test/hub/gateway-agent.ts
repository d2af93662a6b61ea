// An agent's end of the link, spoken by hand: real keys, real certificates, real gRPC, and every message under control.
import { webcrypto } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { credentials } from '@grpc/grpc-js';
import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { AgentServiceClient } from '@flotilla/proto/flotilla/v1/agent';
import type { Hello, SessionRequest, SessionResponse } from '@flotilla/proto/flotilla/v1/agent';
import { EnrollmentServiceClient } from '@flotilla/proto/flotilla/v1/enrollment';
import type { EnrollResponse } from '@flotilla/proto/flotilla/v1/enrollment';
import { CertificateAuthority } from '@flotilla/hub/enrollment/certificate-authority';
import { JoinTokensService } from '@flotilla/hub/enrollment/join-tokens.service';
import type { NewJoinToken } from '@flotilla/hub/enrollment/join-tokens.service';
import type { RunningHub } from '@flotilla/hub/start-hub';
import { DataSource } from 'typeorm';
import type { TestTable } from './gateway-table.js';

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
