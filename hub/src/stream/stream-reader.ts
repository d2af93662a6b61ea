import type { ServerResponse } from 'node:http';
import { SendQueue } from './domain/send-queue.js';
import type { NumberedEvent, StreamTopic } from './domain/stream-event.js';
import { formatEvent, formatId } from './domain/stream-event.js';

/** Keys that may wait for one reader. */
const mostWaiting = 10_000;
/** Events written at once, so that the socket's buffer stays small. */
const writtenAtOnce = 100;
/** A socket that takes nothing for so long belongs to a reader that is gone or too slow. */
const stuckAfterMs = 30_000;

/** One open `GET /stream`. It is cut when it does not keep up. */
export class StreamReader {
  private readonly queue = new SendQueue(mostWaiting);
  private blockedSince: number | null = null;
  private closed = false;

  constructor(
    private readonly response: ServerResponse,
    readonly topics: ReadonlySet<StreamTopic>,
    private readonly epoch: string,
    private readonly monotonicMs: () => number = () => performance.now(),
  ) {
    response.on('drain', () => {
      this.blockedSince = null;
      this.flush();
    });
    response.on('close', () => {
      this.closed = true;
    });
  }

  get isClosed(): boolean {
    return this.closed;
  }

  /** The first words: where the reader is, so that it can go on from there. */
  open(head: number): void {
    this.write(`retry: 2000\nid: ${formatId(this.epoch, head)}\n\n`);
  }

  /** The reader cannot go on from where it was. */
  reset(head: number): void {
    this.write(`id: ${formatId(this.epoch, head)}\nevent: reset\ndata: {}\n\n`);
  }

  send(events: readonly NumberedEvent[]): void {
    if (!this.queue.add(events.filter(({ topic }) => this.topics.has(topic)))) return this.cut();
    this.flush();
  }

  /** A comment, so that proxies keep the connection and a dead one is noticed. */
  beat(): void {
    if (this.blockedSince !== null && this.monotonicMs() - this.blockedSince > stuckAfterMs)
      return this.cut();
    if (this.blockedSince === null) this.write(': \n\n');
  }

  /** Ends in good order. */
  end(): void {
    this.closed = true;
    this.response.end();
  }

  private cut(): void {
    this.closed = true;
    this.response.destroy();
  }

  private flush(): void {
    while (!this.closed && this.blockedSince === null && this.queue.size > 0) {
      this.write(
        this.queue
          .take(writtenAtOnce)
          .map((event) => formatEvent(this.epoch, event))
          .join(''),
      );
    }
  }

  private write(text: string): void {
    if (this.closed) return;
    if (!this.response.write(text)) this.blockedSince ??= this.monotonicMs();
  }
}
