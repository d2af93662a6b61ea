import type { Clock } from './clock.js';

/** Told what happens in a queue; the source of the `workqueue_*` metrics (flux-compat 7). */
export interface WorkQueueObserver {
  added(depth: number): void;
  taken(waitedMs: number, depth: number): void;
  finished(workedMs: number): void;
  retried(): void;
}

export interface WorkQueueOptions {
  clock: Clock;
  /** `--min-retry-delay`. Default 750 ms. */
  minRetryDelayMs?: number;
  /** `--max-retry-delay`. Default 15 min. */
  maxRetryDelayMs?: number;
  observer?: WorkQueueObserver;
}

/**
 * A queue of keys as client-go has it: a key waits at most once, is never worked on twice at the same time, and a key
 * that is added while it is worked on comes again afterwards.
 */
export interface WorkQueue {
  add(key: string): void;
  /** Adds later. When the key already waits for a time, the earlier time stands. */
  addAfter(key: string, delayMs: number): void;
  /** Adds after the key's own back-off, which doubles with each call. */
  addRateLimited(key: string): void;
  /** Ends the back-off of a key. */
  forget(key: string): void;
  /** Times a key was added with back-off since it was forgotten. */
  retries(key: string): number;
  /** The next key; undefined once the queue is shut down. Each key taken must be given back with `done`. */
  take(): Promise<string | undefined>;
  done(key: string): void;
  /** Takes nothing more, drops what waits, and resolves when all that was taken is done. */
  shutDown(): Promise<void>;
  /** Keys that wait now, not counting those for later. */
  readonly length: number;
  /** Monotonic start times of what is worked on. */
  readonly startedAt: Iterable<number>;
}

export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  return new KeyQueue(options);
}

const defaultMinRetryDelayMs = 750;
const defaultMaxRetryDelayMs = 15 * 60_000;

class KeyQueue implements WorkQueue {
  private waiting = new Fifo();
  /** Keys that have to be worked on, with the time since when; a superset of `waiting`. */
  private readonly dirty = new Map<string, number>();
  private readonly processing = new Map<string, number>();
  private readonly delayed = new Map<string, { dueAt: number; cancel: () => void }>();
  private readonly failures = new Map<string, number>();
  private takers: Array<(key: string | undefined) => void> = [];
  private drained: Array<() => void> = [];
  private closed = false;

  constructor(private readonly options: WorkQueueOptions) {}

  get length(): number {
    return this.waiting.size;
  }

  get startedAt(): Iterable<number> {
    return this.processing.values();
  }

  add(key: string): void {
    if (this.closed || this.dirty.has(key)) return;
    this.dirty.set(key, this.options.clock.monotonic());
    if (!this.processing.has(key)) this.offer(key);
    this.options.observer?.added(this.waiting.size);
  }

  addAfter(key: string, delayMs: number): void {
    if (this.closed) return;
    if (delayMs <= 0) {
      this.add(key);
      return;
    }
    const dueAt = this.options.clock.monotonic() + delayMs;
    const known = this.delayed.get(key);
    if (known && known.dueAt <= dueAt) return;
    known?.cancel();
    this.delayed.set(key, {
      dueAt,
      cancel: this.options.clock.schedule(delayMs, () => this.due(key, dueAt)),
    });
  }

  addRateLimited(key: string): void {
    const failures = this.failures.get(key) ?? 0;
    this.failures.set(key, failures + 1);
    this.options.observer?.retried();
    const { minRetryDelayMs = defaultMinRetryDelayMs, maxRetryDelayMs = defaultMaxRetryDelayMs } =
      this.options;
    this.addAfter(key, Math.min(minRetryDelayMs * 2 ** failures, maxRetryDelayMs));
  }

  forget(key: string): void {
    this.failures.delete(key);
  }

  retries(key: string): number {
    return this.failures.get(key) ?? 0;
  }

  take(): Promise<string | undefined> {
    if (this.closed) return Promise.resolve(undefined);
    const key = this.waiting.shift();
    if (key !== undefined) {
      this.begin(key);
      return Promise.resolve(key);
    }
    return new Promise((resolve) => this.takers.push(resolve));
  }

  done(key: string): void {
    const started = this.processing.get(key);
    if (started === undefined) return;
    this.processing.delete(key);
    this.options.observer?.finished(this.options.clock.monotonic() - started);
    if (this.dirty.has(key)) this.offer(key);
    if (this.closed && this.processing.size === 0) for (const resolve of this.drained.splice(0)) resolve();
  }

  shutDown(): Promise<void> {
    this.closed = true;
    for (const { cancel } of this.delayed.values()) cancel();
    this.delayed.clear();
    this.dirty.clear();
    this.failures.clear();
    this.waiting = new Fifo();
    for (const resolve of this.takers.splice(0)) resolve(undefined);
    if (this.processing.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.drained.push(resolve));
  }

  private due(key: string, dueAt: number): void {
    // A timer may be shorter than the delay (Node cuts at 24 days): wait for the rest.
    this.delayed.delete(key);
    this.addAfter(key, dueAt - this.options.clock.monotonic());
  }

  private offer(key: string): void {
    const taker = this.takers.shift();
    if (!taker) {
      this.waiting.push(key);
      return;
    }
    this.begin(key);
    taker(key);
  }

  private begin(key: string): void {
    const now = this.options.clock.monotonic();
    const since = this.dirty.get(key) ?? now;
    this.dirty.delete(key);
    this.processing.set(key, now);
    this.options.observer?.taken(now - since, this.waiting.size);
  }
}

/** A list with a moving head: `Array.shift` would copy 10,000 keys for each one taken. */
class Fifo {
  private keys: string[] = [];
  private head = 0;

  get size(): number {
    return this.keys.length - this.head;
  }

  push(key: string): void {
    this.keys.push(key);
  }

  shift(): string | undefined {
    if (this.head === this.keys.length) return undefined;
    const key = this.keys[this.head];
    this.head += 1;
    if (this.head > 1024 && this.head * 2 > this.keys.length) {
      this.keys = this.keys.slice(this.head);
      this.head = 0;
    }
    return key;
  }
}
