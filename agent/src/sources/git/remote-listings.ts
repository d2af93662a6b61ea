import type { GitRemote } from './credentials.js';
import { GitError } from './git-error.js';
import type { RefScope, RemoteRefs } from './remote-refs.js';

/** A listing and when it was asked for: what the remote changed after that moment is not in it. */
export interface Listing extends RemoteRefs {
  startedAt: number;
}

export interface ListingRequest {
  /** Monotonic milliseconds. A listing that was asked for at or after this moment is fresh enough. */
  notBefore: number;
  timeoutMs: number;
  signal?: AbortSignal;
}

export type ListRefs = (
  remote: GitRemote,
  scope: RefScope,
  options: { timeoutMs: number; signal: AbortSignal },
) => Promise<RemoteRefs>;

interface Flight {
  startedAt: number;
  /** Of who asked first. */
  timeoutMs: number;
  result: Promise<Listing>;
  waiting: number;
  controller: AbortController;
}

/** Listings are kept for so many remotes; beyond that the oldest goes. */
const keptListings = 256;

/**
 * Objects with the same URL and credentials share what the remote was asked: one request in flight, and its answer
 * as long as it is fresh enough for the one who asks.
 */
export class RemoteListings {
  readonly #known = new Map<string, Listing>();
  readonly #flights = new Map<string, Flight>();

  constructor(
    readonly list: ListRefs,
    readonly now: () => number,
  ) {}

  async get(remote: GitRemote, scope: RefScope, request: ListingRequest): Promise<Listing> {
    const key = `${remote.key} ${scope.kind === 'ref' ? scope.name : ''}`;
    for (;;) {
      const known = this.#known.get(key);
      if (known && known.startedAt >= request.notBefore) return known;
      const flight = this.#flights.get(key) ?? this.#start(key, remote, scope, request.timeoutMs);
      const fresh = flight.startedAt >= request.notBefore;
      try {
        const listing = await this.#join(flight, request.signal);
        if (fresh) return listing;
      } catch (error) {
        // A request that started too early says nothing, not even by its failure; nor does the limit of somebody else.
        const isOwnLimit = flight.timeoutMs >= request.timeoutMs || !isTimeout(error);
        if ((fresh && isOwnLimit) || request.signal?.aborted) throw error;
      }
    }
  }

  #start(key: string, remote: GitRemote, scope: RefScope, timeoutMs: number): Flight {
    const startedAt = this.now();
    const controller = new AbortController();
    const result = this.list(remote, scope, { timeoutMs, signal: controller.signal })
      .then((refs) => this.#remember(key, { ...refs, startedAt }))
      .finally(() => this.#flights.delete(key));
    // Every waiter may have left; then nobody looks at the failure.
    result.catch(() => {});
    const flight: Flight = { startedAt, timeoutMs, result, waiting: 0, controller };
    this.#flights.set(key, flight);
    return flight;
  }

  /** Waits for a shared request. When the last waiter is cancelled the request is. */
  async #join(flight: Flight, signal: AbortSignal | undefined): Promise<Listing> {
    flight.waiting += 1;
    let leave: () => void = () => {};
    const cancelled = new Promise<never>((_, reject) => {
      leave = () => reject(new GitError('cancelled', 'git was cancelled'));
      if (signal?.aborted) leave();
      signal?.addEventListener('abort', leave, { once: true });
    });
    try {
      return await Promise.race([flight.result, cancelled]);
    } finally {
      signal?.removeEventListener('abort', leave);
      flight.waiting -= 1;
      if (flight.waiting === 0) flight.controller.abort();
    }
  }

  #remember(key: string, listing: Listing): Listing {
    this.#known.delete(key);
    this.#known.set(key, listing);
    const oldest = this.#known.keys().next().value;
    if (this.#known.size > keptListings && oldest !== undefined) this.#known.delete(oldest);
    return listing;
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof GitError && error.failure === 'timeout';
}
