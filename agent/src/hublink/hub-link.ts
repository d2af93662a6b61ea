import { randomUUID } from 'node:crypto';
import { status as GrpcStatus, type ServiceError } from '@grpc/grpc-js';
import { type AgentServiceClient, Goodbye_Code as GoodbyeCode } from '@flotilla/proto/flotilla/v1/agent';
import { sleep, type Clock } from '../runtime/clock.js';
import type { Logger } from '../runtime/logger.js';
import { enroll } from './identity/enroll.js';
import { createPrivateKey } from './identity/certificate-request.js';
import type { Identity, IdentityStore } from './identity/identity.js';
import { isExpired, renewalTimeMs } from './identity/renewal.js';
import { renewCertificate } from './identity/renew-certificate.js';
import type { IntentDesk } from './intents/intent-desk.js';
import type { RecordLog } from './records/record-log.js';
import { BackOff } from './session/back-off.js';
import { dial } from './session/dial.js';
import { runSession, type SessionEnd } from './session/run-session.js';
import { type AgentFacts, SessionProtocol } from './session/session-protocol.js';
import type { StateTable } from './state/state-table.js';

/** After an answer that only a person can change. */
const hopelessWaitMs = 5 * 60_000;

export interface HubLinkOptions {
  /** host:port of the hub's agent port. */
  hubAddress: string;
  /** host:port of the hub's enrolment port. */
  enrollAddress: string;
  joinToken: string | undefined;
  clusterName: string;
  labels: Readonly<Record<string, string>>;
  clusterUid: string;
  facts: Omit<AgentFacts, 'instanceId'>;
  identityStore: IdentityStore;
  table: StateTable;
  records: RecordLog;
  intents: IntentDesk;
  clock: Clock;
  logger: Logger;
}

/** Thrown when the agent cannot become a member of the fleet without a person's help. */
export class EnrollmentError extends Error {
  override readonly name = 'EnrollmentError';
}

/**
 * Keeps this agent in touch with its hub for as long as it runs: enrols, dials, renews, comes back. Nothing in the
 * cluster waits for it.
 */
export class HubLink {
  readonly #options: HubLinkOptions;
  readonly #instanceId = randomUUID();
  readonly #backOff = new BackOff({ firstMs: 250, maxMs: 10_000, random: Math.random });
  #connected = false;

  constructor(options: HubLinkOptions) {
    this.#options = options;
  }

  /** True while the hub has welcomed this agent. */
  get connected(): boolean {
    return this.#connected;
  }

  /** Runs until the signal is aborted. Never throws. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const waitMs = await this.#once(signal).catch((error: unknown) => this.#failed(error));
      if (!signal.aborted) await sleep(this.#options.clock, waitMs, signal).catch(() => undefined);
    }
  }

  /** One enrolment or session. Gives the time to wait before the next. */
  async #once(signal: AbortSignal): Promise<number> {
    const identity = await this.#identity(signal);
    const client = dial(identity.agentEndpoint || this.#options.hubAddress, identity);
    try {
      const end = await this.#session(client, identity, signal);
      return this.#afterSession(end, identity);
    } finally {
      this.#connected = false;
      client.close();
    }
  }

  async #session(client: AgentServiceClient, identity: Identity, signal: AbortSignal): Promise<SessionEnd> {
    const { table, records, clock, logger, intents, facts } = this.#options;
    const renewed = new AbortController();
    const protocol = new SessionProtocol({
      facts: { ...facts, instanceId: this.#instanceId },
      table,
      records,
    });
    const cancelRenewal = clock.schedule(
      Math.max(0, renewalTimeMs(identity.certificateChain) - clock.now()),
      () => {
        void this.#renew(client, identity, signal).then((done) => done && renewed.abort());
      },
    );
    try {
      return await runSession({
        stream: client.session(),
        protocol,
        table,
        records,
        clock,
        signal: AbortSignal.any([signal, renewed.signal]),
        onIntent: (intent, report) => intents.take(intent, report),
        onWelcome: (clusterName) => {
          this.#connected = true;
          this.#backOff.reset();
          logger.info({ cluster: clusterName }, 'connected to the hub');
        },
      });
    } finally {
      cancelRenewal();
    }
  }

  /** True when a new certificate is in the store, so that the next session uses it. */
  async #renew(client: AgentServiceClient, identity: Identity, signal: AbortSignal): Promise<boolean> {
    const { identityStore, logger, clusterName } = this.#options;
    try {
      await identityStore.save(await renewCertificate(client, identity, clusterName), signal);
      logger.info({}, 'renewed the certificate for the hub');
      return true;
    } catch (error) {
      logger.error({ error }, 'cannot renew the certificate for the hub; trying again with the next session');
      return false;
    }
  }

  async #identity(signal: AbortSignal): Promise<Identity> {
    const { identityStore, clock, logger } = this.#options;
    const stored = await identityStore.load(signal);
    if (stored.identity && !isExpired(stored.identity.certificateChain, clock.now())) return stored.identity;
    if (stored.identity) logger.info({}, 'the certificate for the hub has expired; enrolling again');
    return this.#enroll(stored.privateKey, signal);
  }

  async #enroll(existingKey: string | undefined, signal: AbortSignal): Promise<Identity> {
    const { identityStore, joinToken, enrollAddress, clusterName, labels, clusterUid, logger } =
      this.#options;
    if (!joinToken) {
      throw new EnrollmentError(
        'this cluster is not enrolled and has no join token; create one with "flotilla token create --join" and give it by --join-token',
      );
    }
    const privateKey = existingKey ?? (await createPrivateKey());
    if (!existingKey) await identityStore.saveKey(privateKey, signal);
    const identity = await enroll({
      address: enrollAddress,
      joinToken,
      clusterName,
      labels,
      clusterUid,
      privateKey,
    });
    await identityStore.save(identity, signal);
    logger.info({ cluster: clusterName, clusterId: identity.clusterId }, 'enrolled with the hub');
    return identity;
  }

  async #afterSession(end: SessionEnd, identity: Identity): Promise<number> {
    const { logger } = this.#options;
    switch (end.type) {
      case 'stopped':
        return 0;
      case 'closed':
        if (end.error) throw end.error;
        return this.#backOff.nextMs();
      case 'protocol-error':
        logger.error({ reason: end.message }, 'cannot talk to the hub');
        return hopelessWaitMs;
      case 'goodbye':
        return this.#afterGoodbye(end, identity);
    }
  }

  async #afterGoodbye(end: Extract<SessionEnd, { type: 'goodbye' }>, identity: Identity): Promise<number> {
    const { logger, identityStore, joinToken } = this.#options;
    const fields = { code: GoodbyeCode[end.code] ?? end.code, reason: end.message };
    if (end.code === GoodbyeCode.CODE_SHUTTING_DOWN || end.code === GoodbyeCode.CODE_SUPERSEDED) {
      logger.info(fields, 'the hub closed the session');
      return Math.max(end.retryAfterSeconds * 1000 * Math.random(), this.#backOff.nextMs());
    }
    logger.error(fields, 'the hub has turned this agent away; reconciliation goes on without it');
    if (end.code === GoodbyeCode.CODE_REVOKED && joinToken) {
      // The next enrolment decides by the join token whether this cluster may come back, under a new key.
      const privateKey = await createPrivateKey();
      await identityStore.save(
        { ...identity, privateKey, certificateChain: '', caBundle: '' },
        AbortSignal.timeout(10_000),
      );
    }
    return end.retryAfterSeconds > 0 ? end.retryAfterSeconds * 1000 : hopelessWaitMs;
  }

  #failed(error: unknown): number {
    const { logger } = this.#options;
    const { code } = error as Partial<ServiceError>;
    const hopeless =
      error instanceof EnrollmentError ||
      code === GrpcStatus.PERMISSION_DENIED ||
      code === GrpcStatus.UNAUTHENTICATED;
    const waitMs = hopeless ? hopelessWaitMs : this.#backOff.nextMs();
    logger.error(
      { error, retryInMs: Math.round(waitMs) },
      'not connected to the hub; reconciliation goes on',
    );
    return waitMs;
  }
}
