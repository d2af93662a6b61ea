import { CliError } from '../errors/cli-error.js';
import type { HubClient } from './hub-client.js';
import type { News, StreamTopic } from './listen.js';
import { isTransient, listen } from './listen.js';
import { sleep } from '../sleep.js';

export interface WatchListOptions<T> {
  readonly hub: HubClient;
  readonly signal: AbortSignal;
  /** What the list is made of. */
  readonly topics: readonly StreamTopic[];
  readonly list: () => Promise<T>;
  /** Called with every new list, and each second, because ages grow. `note` says what is wrong with the view. */
  readonly show: (list: T, note: string) => void;
}

const tickMs = 1_000;
/** A list is read again after so long even if the stream was silent: `observedAt` moves without an event. */
const refreshMs = 10_000;
const shortestPauseMs = 250;
/** Lists of a large fleet take their time; the hub is asked for at most a fifth of it. */
const pauseFactor = 4;

/**
 * Keeps a list current: the stream says when it has changed, the list itself says what, so that filters are exactly the
 * hub's own. Ends when the signal is aborted. @throws CliError when the hub refuses
 */
export async function watchList<T>(options: WatchListOptions<T>): Promise<void> {
  const { hub, signal, topics } = options;
  const view = new View(options);
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const listening = (async () => {
    for await (const news of listen(hub.http, topics, both)) view.hear(news);
  })();
  try {
    await Promise.race([listening, view.run(both)]);
  } finally {
    stop.abort();
    await listening.catch(() => undefined);
  }
}

class View<T> {
  private list: T | undefined;
  private dirty = true;
  private lost = '';
  private wake: () => void = () => undefined;

  constructor(private readonly options: WatchListOptions<T>) {}

  hear(news: News): void {
    if (news.type === 'lost') this.lost = news.error.message;
    else {
      if (news.type === 'opened') this.lost = '';
      if (news.type !== 'opened' || !news.resumed) this.dirty = true;
    }
    this.wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    let nextRefresh = 0;
    let earliest = 0;
    while (!signal.aborted) {
      const now = performance.now();
      if (now >= earliest && (this.dirty || now >= nextRefresh)) {
        await this.refresh(signal);
        const took = performance.now() - now;
        earliest = performance.now() + Math.max(shortestPauseMs, took * pauseFactor);
        nextRefresh = Math.max(earliest, now + refreshMs);
      }
      if (signal.aborted) return;
      if (this.list !== undefined) this.options.show(this.list, this.lost && `${this.lost}; this is old`);
      const pause = this.dirty ? Math.max(0, earliest - performance.now()) : tickMs;
      await this.changeOrPause(Math.min(tickMs, pause), signal);
    }
  }

  private async refresh(signal: AbortSignal): Promise<void> {
    this.dirty = false;
    try {
      this.list = await this.options.list();
      this.lost = '';
    } catch (error) {
      if (signal.aborted) return;
      if (!isTransient(error) || this.list === undefined) throw error;
      this.dirty = true;
      this.lost = (error as CliError).message;
    }
  }

  private async changeOrPause(ms: number, signal: AbortSignal): Promise<void> {
    const early = new AbortController();
    this.wake = () => early.abort();
    await sleep(ms, AbortSignal.any([signal, early.signal]));
  }
}
