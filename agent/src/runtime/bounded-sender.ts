import type { Logger } from './logger.js';

export interface BoundedSenderOptions<T> {
  /** In log lines. */
  name: string;
  /** Items that wait; the oldest is dropped for the newest. */
  capacity: number;
  send: (item: T, signal: AbortSignal) => Promise<void>;
  logger: Logger;
}

/** Sends things one after the other in the background. Giving it one never blocks and never fails. */
export interface BoundedSender<T> {
  offer(item: T): void;
  /** Sends what waits, at most until the signal is aborted. */
  flush(signal: AbortSignal): Promise<void>;
}

export function createBoundedSender<T>(options: BoundedSenderOptions<T>): BoundedSender<T> {
  const { name, capacity, send, logger } = options;
  const stop = new AbortController();
  let waiting: T[] = [];
  let dropped = 0;
  let running: Promise<void> | undefined;

  async function drain(): Promise<void> {
    for (let item = waiting.shift(); item !== undefined && !stop.signal.aborted; item = waiting.shift()) {
      try {
        await send(item, stop.signal);
      } catch (error) {
        logger.error({ sink: name, error }, 'an event could not be sent');
      }
    }
    if (dropped > 0) {
      logger.error(
        { sink: name, dropped },
        'events were dropped because they came faster than they could be sent',
      );
      dropped = 0;
    }
    running = undefined;
    if (waiting.length > 0 && !stop.signal.aborted) start();
  }

  function start(): void {
    running ??= drain();
  }

  return {
    offer(item) {
      if (stop.signal.aborted) return;
      waiting.push(item);
      if (waiting.length > capacity) {
        waiting.shift();
        dropped += 1;
      }
      start();
    },
    async flush(signal) {
      const onAbort = (): void => {
        waiting = [];
        stop.abort(signal.reason);
      };
      if (signal.aborted) onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      while (running) await running;
      signal.removeEventListener('abort', onAbort);
    },
  };
}
