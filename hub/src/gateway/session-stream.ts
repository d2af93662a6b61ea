import { once } from 'node:events';
import { status } from '@grpc/grpc-js';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Goodbye, SessionRequest, SessionResponse } from '@flotilla/proto/flotilla/v1/agent';

type Message = NonNullable<SessionResponse['message']>;

/**
 * One gRPC stream as a sequence of messages. The next one is taken off the wire when the last has been handled, so
 * that a slow database slows the agents, and the hub's memory stays flat.
 */
export class SessionStream {
  private handling: Promise<void> = Promise.resolve();
  private busy = false;
  private ended = false;
  private readonly whenClosed: Promise<void>;

  constructor(
    private readonly call: ServerDuplexStream<SessionRequest, SessionResponse>,
    handle: (message: SessionRequest['message']) => Promise<void>,
  ) {
    this.whenClosed = new Promise<void>((resolve) => {
      for (const event of ['cancelled', 'error', 'close', 'end', 'finish']) call.once(event, () => resolve());
    }).then(() => {
      this.ended = true;
    });
    // The agent has hung up: so does the hub.
    call.once('end', () => call.end());
    // An agent that goes away without a word is no error of the hub.
    call.on('error', () => undefined);
    call.on('data', (request: SessionRequest) => {
      call.pause();
      this.busy = true;
      this.handling = handle(request.message).finally(() => {
        this.busy = false;
        if (!this.ended) call.resume();
      });
    });
  }

  /** Settles when the stream is over, whoever ended it. */
  async closed(): Promise<void> {
    return this.whenClosed;
  }

  /** True while a message of the agent is being worked on: its silence is the hub's doing. */
  get isBusy(): boolean {
    return this.busy;
  }

  /** Waits while the agent is slower in reading than the hub in writing. */
  async send(message: Message): Promise<void> {
    if (this.ended || this.call.cancelled) return;
    if (this.call.write({ message })) return;
    await Promise.race([once(this.call, 'drain'), this.whenClosed]).catch(() => undefined);
  }

  /** Says goodbye and ends the stream. What is being worked on may finish, but nothing more is taken. */
  goodbye(goodbye: Goodbye): void {
    if (this.ended) return;
    this.ended = true;
    this.call.pause();
    this.call.write({ message: { $case: 'goodbye', value: goodbye } });
    this.call.end();
  }

  /** Ends the stream with a status instead: the hub could not do its part. */
  fail(message: string): void {
    if (this.ended) return;
    this.ended = true;
    this.call.pause();
    this.call.emit('error', { code: status.UNAVAILABLE, details: message });
  }

  /** Settles when the message that is being worked on is done. */
  async idle(): Promise<void> {
    await this.handling.catch(() => undefined);
  }
}
