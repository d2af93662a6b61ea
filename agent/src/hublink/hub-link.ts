import { randomUUID } from 'node:crypto';
import { type AgentServiceClient, Goodbye_Code as GoodbyeCode } from '@flotilla/proto/flotilla/v1/agent';
import type { Answer, Question } from '@flotilla/proto/flotilla/v1/question';
import { sleep } from '../runtime/clock.js';
import type { Identity } from './identity/identity.js';
import {
  EnrollmentError,
  IdentityKeeper,
  type IdentityKeeperOptions,
  isRefusal,
} from './identity/identity-keeper.js';
import { InvalidJoinTokenError } from './identity/join-token.js';
import type { IntentDesk } from './intents/intent-desk.js';
import type { RecordLog } from './records/record-log.js';
import { BackOff } from './session/back-off.js';
import { dial } from './session/dial.js';
import { asUnreachable, saidBy } from './session/unreachable.js';
import { runSession, type SessionEnd } from './session/run-session.js';
import { type AgentFacts, SessionProtocol } from './session/session-protocol.js';
import type { StandingDesk } from './standing/standing-desk.js';
import type { StateTable } from './state/state-table.js';

/** After an answer that only a person can change. */
const hopelessWaitMs = 5 * 60_000;

/** Ends of a session after which the agent simply dials again. */
const passing = new Set([
  GoodbyeCode.CODE_SHUTTING_DOWN,
  GoodbyeCode.CODE_SUPERSEDED,
  // A newer certificate is in the store, or the hub reissues this one.
  GoodbyeCode.CODE_EXPIRED,
]);

export interface HubLinkOptions extends IdentityKeeperOptions {
  /** host:port of the hub's agent port. */
  hubAddress: string;
  facts: Omit<AgentFacts, 'instanceId'>;
  table: StateTable;
  records: RecordLog;
  intents: IntentDesk;
  standing: StandingDesk;
  /** Absent: questions are left unanswered, as an older agent does. */
  questions?: QuestionTaker;
}

/** Answers questions; everything may be asked again after a reconnect. */
export interface QuestionTaker {
  /** Never throws. */
  take(question: Question, answer: (part: Answer) => void): void;
}

/**
 * Keeps this agent in touch with its hub for as long as it runs: enrols, dials, renews, comes back. Nothing in the
 * cluster waits for it.
 */
export class HubLink {
  readonly #options: HubLinkOptions;
  readonly #identities: IdentityKeeper;
  readonly #instanceId = randomUUID();
  readonly #backOff = new BackOff({ firstMs: 250, maxMs: 10_000, random: Math.random });

  constructor(options: HubLinkOptions) {
    this.#options = options;
    this.#identities = new IdentityKeeper(options);
  }

  /** Runs until the signal is aborted. Never throws. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const waitMs = await this.#once(signal).catch((error: unknown) => this.#failed(error, signal));
      if (!signal.aborted) await sleep(this.#options.clock, waitMs, signal).catch(() => undefined);
    }
  }

  /** One enrolment or session. Gives the time to wait before the next. */
  async #once(signal: AbortSignal): Promise<number> {
    const identity = await this.#identities.current(signal);
    const address = identity.agentEndpoint || this.#options.hubAddress;
    const client = dial(address, identity);
    try {
      return await this.#afterSession(await this.#session(client, identity, signal), identity, address);
    } finally {
      client.close();
    }
  }

  async #session(client: AgentServiceClient, identity: Identity, signal: AbortSignal): Promise<SessionEnd> {
    const { table, records, clock, logger, intents, standing, questions, facts } = this.#options;
    const { clusterId: cluster } = identity;
    const [renewed, ended] = [new AbortController(), new AbortController()];
    // Hello of the next session says that nothing is kept, and the hub sends it again.
    const stopListening = standing.onLost(() => renewed.abort());
    const stopRenewal = this.#identities.renewInTime(client, identity, signal, () => renewed.abort());
    try {
      return await runSession({
        stream: client.session(),
        protocol: new SessionProtocol({
          facts: { ...facts, instanceId: this.#instanceId },
          table,
          records,
          standingVersion: () => standing.version,
        }),
        table,
        records,
        clock,
        signal: AbortSignal.any([signal, renewed.signal]),
        onIntent: (intent, report) => intents.take(intent, report),
        onStanding: (standingIntents, acknowledge) =>
          standing.take({ intents: standingIntents, cluster, signal: ended.signal, acknowledge }),
        onQuestion: (question, answer) => questions?.take(question, answer),
        keptStanding: () => standing.standingAck(cluster),
        onWelcome: (clusterName) => {
          this.#backOff.reset();
          logger.info({ cluster: clusterName }, 'connected to the hub');
        },
      });
    } finally {
      ended.abort();
      stopListening();
      stopRenewal();
    }
  }

  async #afterSession(end: SessionEnd, identity: Identity, address: string): Promise<number> {
    switch (end.type) {
      case 'stopped':
        return 0;
      case 'closed':
        if (end.error) throw asUnreachable(end.error, address);
        return this.#backOff.nextMs();
      case 'protocol-error':
        this.#options.logger.error({ reason: end.message }, 'cannot talk to the hub');
        return hopelessWaitMs;
      case 'goodbye':
        return this.#afterGoodbye(end, identity);
    }
  }

  async #afterGoodbye(end: Extract<SessionEnd, { type: 'goodbye' }>, identity: Identity): Promise<number> {
    const { logger, joinToken } = this.#options;
    const fields = { code: GoodbyeCode[end.code] ?? end.code, reason: end.message };
    if (passing.has(end.code)) {
      logger.info(fields, 'the hub closed the session');
      return Math.max(end.retryAfterSeconds * 1000 * Math.random(), this.#backOff.nextMs());
    }
    logger.error(fields, 'the hub has turned this agent away; reconciliation goes on without it');
    if (end.code === GoodbyeCode.CODE_REVOKED && joinToken) await this.#identities.forget(identity);
    return end.retryAfterSeconds > 0 ? end.retryAfterSeconds * 1000 : hopelessWaitMs;
  }

  #failed(error: unknown, signal: AbortSignal): number {
    if (signal.aborted) return 0;
    const hopeless =
      error instanceof EnrollmentError || error instanceof InvalidJoinTokenError || isRefusal(error);
    const waitMs = hopeless ? hopelessWaitMs : this.#backOff.nextMs();
    this.#options.logger.error(
      { error: saidBy(error), retryInMs: Math.round(waitMs) },
      'not connected to the hub; reconciliation goes on',
    );
    return waitMs;
  }
}
