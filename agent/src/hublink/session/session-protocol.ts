import type { Hello, SessionRequest, SessionResponse, Welcome } from '@flotilla/proto/flotilla/v1/agent';
import type { Intent, IntentResult } from '@flotilla/proto/flotilla/v1/intent';
import type { Answer, Question } from '@flotilla/proto/flotilla/v1/question';
import type { StandingIntents, StandingIntentsAck } from '@flotilla/proto/flotilla/v1/standing';
import type { ObjectState } from '@flotilla/proto/flotilla/v1/state';
import type { RecordLog } from '../records/record-log.js';
import type { StateTable } from '../state/state-table.js';

export const protocolVersion = 1;
const snapshotPartObjects = 500;
const recordBatch = 200;
const fallbackHeartbeatSeconds = 5;

/** What the agent says of itself when a session starts. */
export type AgentFacts = Pick<
  Hello,
  'agentVersion' | 'kubernetesVersion' | 'shard' | 'shards' | 'instanceId'
>;

export interface SessionProtocolOptions {
  facts: AgentFacts;
  table: StateTable;
  records: RecordLog;
  /** Version of the standing intents that the cluster keeps; 0 when it keeps none. */
  standingVersion: () => bigint;
}

type Message = NonNullable<SessionRequest['message']>;

/** What a message of the hub asks of the caller, beyond what `next` will say. */
export type Reaction =
  | { type: 'welcomed'; clusterName: string }
  | { type: 'intent'; intent: Intent }
  | { type: 'standing'; intents: StandingIntents }
  | { type: 'question'; question: Question }
  | { type: 'goodbye'; code: number; message: string; retryAfterSeconds: number }
  | { type: 'protocol-error'; message: string };

/**
 * The agent's half of one session, without I/O: it is told what came and what time it is, and says what to send
 * next. At most one state message and one batch of records are unacknowledged at a time, so a slow hub slows the
 * agent's sending and never fills its memory: what happens meanwhile is coalesced in the table.
 */
export class SessionProtocol {
  readonly #options: SessionProtocolOptions;
  readonly #results: IntentResult[] = [];
  readonly #standingAcks: StandingIntentsAck[] = [];
  readonly #answers: Answer[] = [];
  #welcomed = false;
  #heartbeatMs = fallbackHeartbeatSeconds * 1000;
  #lastSaidMs = 0;
  #stateInFlight: bigint | undefined;
  #snapshot: Message[] = [];
  #recordsInFlight: bigint | undefined;
  #recordsAcknowledged = 0n;

  constructor(options: SessionProtocolOptions) {
    this.#options = options;
  }

  /** The first message of a session. */
  hello(): SessionRequest {
    const { facts, table, records, standingVersion } = this.#options;
    const hello: Hello = {
      protocolVersion,
      ...facts,
      tableId: table.tableId,
      sequence: table.sequence,
      tableHash: table.hash,
      spoolId: records.spoolId,
      standingVersion: standingVersion(),
    };
    return { message: { $case: 'hello', value: hello } };
  }

  /** An outcome of an intent; sent before anything else. */
  report(result: IntentResult): void {
    this.#results.push(result);
  }

  /** A set of standing intents is kept, or is not and why. */
  acknowledgeStanding(ack: StandingIntentsAck): void {
    this.#standingAcks.push(ack);
  }

  /** A part of the answer to a question; state goes first, since nothing waits for an answer but a person. */
  answer(answer: Answer): void {
    this.#answers.push(answer);
  }

  /** Takes a message of the hub in. */
  receive(response: SessionResponse, nowMs: number): Reaction | undefined {
    const message = response.message;
    switch (message?.$case) {
      case 'welcome':
        return this.#welcome(message.value, nowMs);
      case 'stateAck':
        this.#options.table.acknowledge(message.value.sequence);
        if (this.#stateInFlight !== undefined && message.value.sequence >= this.#stateInFlight) {
          this.#stateInFlight = undefined;
        }
        return undefined;
      case 'snapshotRequest':
        this.#startSnapshot(nowMs);
        return undefined;
      case 'recordAck':
        this.#recordsAcknowledged = message.value.sequence;
        this.#options.records.acknowledge(message.value.sequence);
        this.#recordsInFlight = undefined;
        return undefined;
      case 'intent':
        return { type: 'intent', intent: message.value };
      case 'standingIntents':
        return { type: 'standing', intents: message.value };
      case 'question':
        return { type: 'question', question: message.value };
      case 'goodbye':
        return { type: 'goodbye', ...message.value };
      case undefined:
        // A newer hub may say things that this agent does not know; they are not for it.
        return undefined;
    }
  }

  /** The next message to send, or undefined when there is nothing to say now. */
  next(nowMs: number): SessionRequest | undefined {
    if (!this.#welcomed) return undefined;
    const message = this.#nextMessage(nowMs);
    if (!message) return undefined;
    this.#lastSaidMs = nowMs;
    return { message };
  }

  /** When `next` has to be asked again although nothing happens: the next heartbeat. */
  nextDueMs(): number {
    return this.#lastSaidMs + this.#heartbeatMs;
  }

  #nextMessage(nowMs: number): Message | undefined {
    const result = this.#results.shift();
    if (result) return { $case: 'intentResult', value: result };
    const standing = this.#standingAcks.shift();
    if (standing) return { $case: 'standingIntentsAck', value: standing };
    const observedAt = new Date(nowMs);
    return (
      this.#nextState(observedAt) ??
      this.#nextRecords() ??
      this.#nextAnswer() ??
      this.#nextHeartbeat(nowMs, observedAt)
    );
  }

  #nextState(observedAt: Date): Message | undefined {
    const part = this.#snapshot.shift();
    if (part) return part;
    const { table } = this.#options;
    if (this.#stateInFlight !== undefined || !table.dirty) return undefined;
    const changes = table.changes();
    this.#stateInFlight = changes.sequence;
    return { $case: 'delta', value: { ...changes, tableHash: table.hash, observedAt } };
  }

  #nextRecords(): Message | undefined {
    if (this.#recordsInFlight !== undefined) return undefined;
    const records = this.#options.records.after(this.#recordsAcknowledged, recordBatch);
    const last = records.at(-1);
    if (!last) return undefined;
    this.#recordsInFlight = last.sequence;
    return { $case: 'records', value: { records } };
  }

  #nextAnswer(): Message | undefined {
    const answer = this.#answers.shift();
    return answer && { $case: 'answer', value: answer };
  }

  #nextHeartbeat(nowMs: number, observedAt: Date): Message | undefined {
    // A heartbeat speaks of what the hub has acknowledged; with changes under way the delta says it.
    if (nowMs < this.nextDueMs() || this.#stateInFlight !== undefined) return undefined;
    const { table } = this.#options;
    return {
      $case: 'heartbeat',
      value: { sequence: table.sequence, tableHash: table.hash, objects: table.size, observedAt },
    };
  }

  #welcome(welcome: Welcome, nowMs: number): Reaction {
    if (welcome.protocolVersion !== protocolVersion) {
      return {
        type: 'protocol-error',
        message: `the hub speaks protocol version ${welcome.protocolVersion}, this agent ${protocolVersion}; upgrade the older one`,
      };
    }
    this.#welcomed = true;
    this.#lastSaidMs = nowMs;
    this.#heartbeatMs = (welcome.heartbeatSeconds || fallbackHeartbeatSeconds) * 1000;
    this.#recordsAcknowledged = welcome.acknowledgedRecord;
    this.#options.records.acknowledge(welcome.acknowledgedRecord);
    const { table } = this.#options;
    if (table.canResumeFrom(welcome.acknowledgedSequence)) table.acknowledge(welcome.acknowledgedSequence);
    else this.#startSnapshot(nowMs);
    return { type: 'welcomed', clusterName: welcome.clusterName };
  }

  #startSnapshot(nowMs: number): void {
    const { table } = this.#options;
    const { sequence, hash: tableHash } = table;
    const rows = table.rows();
    const parts: ObjectState[][] = [];
    for (let start = 0; start < rows.length; start += snapshotPartObjects) {
      parts.push(rows.slice(start, start + snapshotPartObjects));
    }
    if (parts.length === 0) parts.push([]);
    const observedAt = new Date(nowMs);
    this.#snapshot = parts.map((objects, part) => ({
      $case: 'snapshot' as const,
      value: { sequence, objects, part, last: part === parts.length - 1, tableHash, observedAt },
    }));
    this.#stateInFlight = sequence;
  }
}
