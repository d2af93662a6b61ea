import type { Logger } from 'pino';
import type {
  Goodbye,
  Heartbeat,
  Hello,
  SessionRequest,
  StateDelta,
  StateSnapshot,
} from '@flotilla/proto/flotilla/v1/agent';
import type { IntentResult } from '@flotilla/proto/flotilla/v1/intent';
import type { Answer } from '@flotilla/proto/flotilla/v1/question';
import type { StandingIntents, StandingIntentsAck } from '@flotilla/proto/flotilla/v1/standing';
import type { Record as WireRecord } from '@flotilla/proto/flotilla/v1/state';
import { sameHash } from '../objects/domain/sync-decisions.js';
import { keyOf, objectRow, ProtocolError } from '../objects/object-row.js';
import type { ObjectRow } from '../objects/object-row.js';
import type { RecordMessage, RecordOutcome } from '../objects/record-writer.js';
import type { StateMessage, StateOutcome } from '../objects/state-message.js';
import type { Clock } from '../platform/clock.js';
import { checkHello, checkSequence, checkStanding } from './check-message.js';
import { SnapshotAssembly } from './domain/snapshot-assembly.js';
import { incompatible, protocolError, superseded } from './goodbye.js';
import type { OutgoingIntent } from './intent-port.js';
import type { OutgoingQuestion } from './question-port.js';
import type { PeerIdentity } from './peer-identity.js';
import type { Opening, OpeningRequest } from './session-opening.js';
import type { SessionStream } from './session-stream.js';

/** Version of the meaning of the messages that this hub speaks. */
export const protocolVersion = 1;

/** What a session needs of the rest of the hub. */
export interface SessionParts {
  readonly open: (request: OpeningRequest) => Promise<Exclude<Opening, { type: 'contested' }> | undefined>;
  readonly writeState: (message: StateMessage) => Promise<StateOutcome>;
  readonly writeRecords: (message: RecordMessage) => Promise<RecordOutcome>;
  readonly recordResult: (clusterId: string, result: IntentResult, at: Date) => Promise<void>;
  readonly recordStandingAnswer: (session: AgentSession, answer: StandingIntentsAck) => Promise<void>;
  readonly recordAnswer: (clusterId: string, answer: Answer, at: Date) => Promise<void>;
  /** The session is open: the cluster's intents may go. */
  readonly onOpened: (session: AgentSession) => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly heartbeatSeconds: number;
}

type Message = NonNullable<SessionRequest['message']>;

/** More snapshots than this in one session mean that agent and hub do not agree on what a row is. */
const mostSnapshots = 5;

/** One stream of one agent, from Hello to Goodbye. */
export class AgentSession {
  readonly clusterId: string;
  readonly serial: string;
  readonly notAfter: Date;
  readonly sentIntents = new Set<string>();
  readonly sentQuestions = new Set<string>();
  shard = '';
  /** Version of the standing intents that has been sent last, or that the agent had already. */
  sentStanding = 0n;
  /** Version of which the database knows that it has been sent. */
  notedStanding = 0n;
  lastHeardMs: number;
  private hello: Hello | undefined;
  private opened = false;
  private awaitsSnapshot = false;
  private snapshots = 0;
  private assembly = new SnapshotAssembly();
  private readonly ended = new AbortController();

  constructor(
    readonly id: string,
    private readonly peer: PeerIdentity,
    private readonly stream: SessionStream,
    private readonly parts: SessionParts,
  ) {
    this.clusterId = peer.clusterId;
    this.serial = peer.serial;
    this.notAfter = peer.notAfter;
    this.lastHeardMs = parts.clock.now().getTime();
    void stream.closed().then(() => this.ended.abort());
  }

  /** Every shard of the cluster, where the agent has said so. */
  get shards(): readonly string[] {
    return this.hello?.shards ?? [];
  }

  /** Version of the standing intents that the agent kept when it dialled. */
  get keptStanding(): bigint {
    return this.hello?.standingVersion ?? 0n;
  }

  get isOpen(): boolean {
    return this.opened && !this.ended.signal.aborted;
  }

  /** True while the hub itself works on a message of the agent. */
  get isBusy(): boolean {
    return this.stream.isBusy;
  }

  /** Handles one message; the next is taken off the wire afterwards. Never throws. */
  async handle(message: Message | undefined): Promise<void> {
    this.lastHeardMs = this.parts.clock.now().getTime();
    try {
      await this.dispatch(message);
    } catch (error) {
      this.failed(error);
    } finally {
      this.lastHeardMs = this.parts.clock.now().getTime();
    }
  }

  async sendIntent(intent: OutgoingIntent): Promise<void> {
    this.sentIntents.add(intent.id);
    await this.stream.send({ $case: 'intent', value: intent });
  }

  async sendQuestion(question: OutgoingQuestion): Promise<void> {
    this.sentQuestions.add(question.id);
    await this.stream.send({ $case: 'question', value: question });
  }

  async sendStanding(set: StandingIntents): Promise<void> {
    this.sentStanding = set.version;
    await this.stream.send({ $case: 'standingIntents', value: set });
  }

  end(goodbye: Goodbye): void {
    this.ended.abort();
    this.stream.goodbye(goodbye);
  }

  /** Settles when the message that is being worked on is done. */
  async idle(): Promise<void> {
    await this.stream.idle();
  }

  private async dispatch(message: Message | undefined): Promise<void> {
    if (this.ended.signal.aborted) return;
    if (!this.hello) {
      if (message?.$case !== 'hello') throw new ProtocolError('the first message must be Hello');
      return this.open(message.value);
    }
    switch (message?.$case) {
      case 'delta':
        return this.delta(message.value);
      case 'snapshot':
        return this.snapshot(message.value);
      case 'heartbeat':
        return this.heartbeat(message.value);
      case 'records':
        return this.records(message.value.records);
      case 'intentResult':
        return this.parts.recordResult(this.clusterId, message.value, this.parts.clock.now());
      case 'answer':
        return this.parts.recordAnswer(this.clusterId, message.value, this.parts.clock.now());
      case 'standingIntentsAck':
        checkStanding('StandingIntentsAck', message.value.version);
        return this.parts.recordStandingAnswer(this, message.value);
      case 'hello':
        throw new ProtocolError('Hello came twice');
      case undefined:
        // A newer agent may say things that this hub does not know; they are not for it.
        return undefined;
    }
  }

  private async open(hello: Hello): Promise<void> {
    this.hello = hello;
    this.shard = hello.shard;
    if (hello.protocolVersion !== protocolVersion)
      return this.end(incompatible(hello.protocolVersion, protocolVersion));
    checkHello(hello);
    this.sentStanding = hello.standingVersion;
    const { clusterId, shard, id: sessionId, peer } = this;
    const opening = await this.parts.open({
      clusterId,
      shard,
      sessionId,
      peer,
      hello,
      signal: this.ended.signal,
    });
    if (!opening || this.ended.signal.aborted) return;
    if (opening.type === 'refused') return this.end(opening.goodbye);
    const { cluster, decision, acknowledgedRecord } = opening;
    this.parts.logger.info(
      { cluster: cluster.name, shard, sync: decision.action, agent: hello.agentVersion },
      'agent connected',
    );
    await this.stream.send({
      $case: 'welcome',
      value: {
        clusterId,
        clusterName: cluster.name,
        acknowledgedSequence: decision.acknowledged,
        acknowledgedRecord,
        heartbeatSeconds: this.parts.heartbeatSeconds,
        protocolVersion,
      },
    });
    if (decision.action === 'snapshot') await this.askForSnapshot(decision.reason);
    this.opened = true;
    this.parts.onOpened(this);
  }

  private async delta({ sequence, upserts, deletes, tableHash }: StateDelta): Promise<void> {
    if (this.awaitsSnapshot) return;
    checkSequence(sequence);
    const now = this.parts.clock.now();
    const rows = new Map(upserts.map((state): [string, ObjectRow] => rowEntry(objectRow(state, now))));
    const gone = new Set(deletes.map(keyOf).filter((key) => !rows.has(key)));
    const message = {
      type: 'delta' as const,
      sequence,
      rows: [...rows.values()],
      deletes: [...gone],
      hash: tableHash,
    };
    await this.write({ ...message, ...this.sender(now) });
  }

  private async snapshot(part: StateSnapshot): Promise<void> {
    checkSequence(part.sequence);
    const now = this.parts.clock.now();
    const rows = part.objects.map((state) => objectRow(state, now));
    const wrong = this.assembly.add(part, rows);
    if (wrong !== undefined) throw new ProtocolError(wrong);
    const hash = this.assembly.tableHash();
    if (!part.last) return this.write({ type: 'snapshot', rows, ...this.sender(now) });
    if (!sameHash(hash, part.tableHash))
      throw new ProtocolError('the hash of the snapshot does not fit its rows');
    const { keys } = this.assembly;
    this.assembly = new SnapshotAssembly();
    this.awaitsSnapshot = false;
    const whole = { tableId: this.hello!.tableId, sequence: part.sequence, hash, keys };
    return this.write({ type: 'snapshot', rows, whole, ...this.sender(now) });
  }

  private async heartbeat({ sequence, tableHash }: Heartbeat): Promise<void> {
    checkSequence(sequence);
    await this.write({
      type: 'heartbeat',
      sequence,
      hash: tableHash,
      ...this.sender(this.parts.clock.now()),
    });
  }

  private async write(message: StateMessage): Promise<void> {
    const outcome = await this.parts.writeState(message);
    if (outcome.type === 'superseded') return this.end(superseded());
    if (outcome.type === 'held')
      await this.stream.send({ $case: 'stateAck', value: { sequence: outcome.acknowledge } });
    if (outcome.snapshot !== undefined) await this.askForSnapshot(outcome.snapshot);
  }

  private async records(records: readonly WireRecord[]): Promise<void> {
    records.forEach(({ sequence }) => checkSequence(sequence));
    const at = this.parts.clock.now();
    const { clusterId, shard, id: sessionId } = this;
    const outcome = await this.parts.writeRecords({
      clusterId,
      shard,
      sessionId,
      spoolId: this.hello!.spoolId,
      at,
      records,
    });
    if (outcome.type === 'superseded') return this.end(superseded());
    await this.stream.send({ $case: 'recordAck', value: { sequence: outcome.acknowledge } });
  }

  private async askForSnapshot(reason: string): Promise<void> {
    if (this.awaitsSnapshot) return;
    this.snapshots += 1;
    if (this.snapshots > mostSnapshots) {
      throw new ProtocolError(`the hub asked for ${mostSnapshots} snapshots and still: ${reason}`);
    }
    this.awaitsSnapshot = true;
    this.parts.logger.debug(
      { clusterId: this.clusterId, shard: this.shard, reason },
      'asking for a snapshot',
    );
    await this.stream.send({ $case: 'snapshotRequest', value: { reason } });
  }

  private sender(at: Date): { clusterId: string; shard: string; sessionId: string; at: Date } {
    return { clusterId: this.clusterId, shard: this.shard, sessionId: this.id, at };
  }

  private failed(error: unknown): void {
    const { clusterId, shard } = this;
    if (error instanceof ProtocolError) {
      this.parts.logger.warn({ clusterId, shard, reason: error.message }, 'agent broke the protocol');
      return this.end(protocolError(error.message));
    }
    this.parts.logger.error({ err: error, clusterId, shard }, 'message of an agent was not handled');
    this.ended.abort();
    this.stream.fail('the hub could not handle the message; see its log');
  }
}

function rowEntry(row: ObjectRow): [string, ObjectRow] {
  return [row.key, row];
}
