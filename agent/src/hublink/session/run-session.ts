import type { ClientDuplexStream } from '@grpc/grpc-js';
import type { SessionRequest, SessionResponse } from '@flotilla/proto/flotilla/v1/agent';
import type { IntentResult } from '@flotilla/proto/flotilla/v1/intent';
import type { Answer } from '@flotilla/proto/flotilla/v1/question';
import type { StandingIntentsAck } from '@flotilla/proto/flotilla/v1/standing';
import type { Clock } from '../../runtime/clock.js';
import type { RecordLog } from '../records/record-log.js';
import type { StateTable } from '../state/state-table.js';
import type { Reaction, SessionProtocol } from './session-protocol.js';

export type SessionStream = ClientDuplexStream<SessionRequest, SessionResponse>;

export interface RunSessionOptions {
  stream: SessionStream;
  protocol: SessionProtocol;
  table: StateTable;
  records: RecordLog;
  clock: Clock;
  signal: AbortSignal;
  /** Changes that come within this time travel together. Default 20 ms. */
  coalesceMs?: number;
  /** Starts an intent; outcomes are told through the callback, at any later time. */
  onIntent: (
    intent: Extract<Reaction, { type: 'intent' }>['intent'],
    report: (result: IntentResult) => void,
  ) => void;
  /** Keeps standing intents; acknowledged through the callback, at any later time. */
  onStanding: (
    intents: Extract<Reaction, { type: 'standing' }>['intents'],
    acknowledge: (ack: StandingIntentsAck) => void,
  ) => void;
  /** Answers a question; parts are told through the callback, at any later time. */
  onQuestion: (
    question: Extract<Reaction, { type: 'question' }>['question'],
    answer: (part: Answer) => void,
  ) => void;
  /** What is to be said of the standing intents that are kept already, when the hub has answered. */
  keptStanding: () => StandingIntentsAck | undefined;
  onWelcome: (clusterName: string) => void;
}

/** Why a session ended. */
export type SessionEnd =
  | { type: 'closed'; error?: Error }
  | { type: 'stopped' }
  | Extract<Reaction, { type: 'goodbye' }>
  | Extract<Reaction, { type: 'protocol-error' }>;

/** Runs one session on an open stream until either side ends it. Never throws. */
export function runSession(options: RunSessionOptions): Promise<SessionEnd> {
  const { stream, protocol, table, records, clock, signal } = options;
  return new Promise((resolve) => {
    let ended = false;
    let blocked = false;
    let cancelPump: (() => void) | undefined;
    let cancelHeartbeat: (() => void) | undefined;

    const end = (result: SessionEnd): void => {
      if (ended) return;
      ended = true;
      cancelPump?.();
      cancelHeartbeat?.();
      for (const stop of subscriptions) stop();
      stream.cancel();
      resolve(result);
    };

    const write = (message: SessionRequest): void => {
      // False means that the hub or the network is slower than we are: go on when the stream has drained.
      if (!stream.write(message)) blocked = true;
    };

    const pump = (): void => {
      cancelPump = undefined;
      while (!ended && !blocked) {
        const message = protocol.next(clock.now());
        if (!message) break;
        write(message);
      }
      cancelHeartbeat?.();
      if (!ended) cancelHeartbeat = clock.schedule(Math.max(10, protocol.nextDueMs() - clock.now()), pump);
    };
    const pumpSoon = (): void => {
      cancelPump ??= clock.schedule(options.coalesceMs ?? 20, pump);
    };

    const subscriptions = [table.subscribe(pumpSoon), records.subscribe(pumpSoon)];
    const stop = (): void => end({ type: 'stopped' });
    signal.addEventListener('abort', stop, { once: true });
    subscriptions.push(() => signal.removeEventListener('abort', stop));

    stream.on('data', (response: SessionResponse) => {
      const reaction = protocol.receive(response, clock.now());
      if (reaction && !isHandled(reaction, options, () => !ended && pumpSoon())) return end(reaction);
      pumpSoon();
    });
    stream.on('drain', () => {
      blocked = false;
      pump();
    });
    stream.on('error', (error) => end({ type: 'closed', error }));
    stream.on('end', () => end({ type: 'closed' }));

    if (signal.aborted) return stop();
    write(protocol.hello());
  });
}

/** Hands on what the session goes on after; false for what ends it. `said` is called when there is an answer to send. */
function isHandled(
  reaction: Reaction,
  { protocol, onIntent, onStanding, onQuestion, keptStanding, onWelcome }: RunSessionOptions,
  said: () => void,
): reaction is Exclude<Reaction, SessionEnd> {
  switch (reaction.type) {
    case 'intent':
      onIntent(reaction.intent, (result) => {
        protocol.report(result);
        said();
      });
      return true;
    case 'standing':
      onStanding(reaction.intents, (ack) => {
        protocol.acknowledgeStanding(ack);
        said();
      });
      return true;
    case 'question':
      onQuestion(reaction.question, (part) => {
        protocol.answer(part);
        said();
      });
      return true;
    case 'welcomed': {
      const kept = keptStanding();
      if (kept) protocol.acknowledgeStanding(kept);
      onWelcome(reaction.clusterName);
      return true;
    }
    case 'goodbye':
    case 'protocol-error':
      return false;
  }
}
