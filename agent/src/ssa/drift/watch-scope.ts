import type { KubeReader, KubeWatcher } from '../../kube/client.js';

/**
 * As whom, and how far, objects are watched. The widest one that the server grants is shared by the most owners; an
 * agent that may not look everywhere itself looks as the identity that applied the objects.
 */
export interface WatchScope {
  /** Tells scopes apart: the same id is the same client and namespace. */
  id: string;
  client: KubeReader & KubeWatcher;
  /** One namespace; absent = the whole cluster. */
  namespace?: string;
}

/** Rights change, and a server that has just started refuses what it grants a moment later. */
const forgetRefusalMs = 3_600_000;

/** Remembers for a while which scopes the server has refused. Times are monotonic milliseconds. */
export class ScopeChoice {
  readonly #refusedUntil = new Map<string, number>();

  /** The first of the scopes, widest first, that has not been refused; the last one is tried for ever. */
  choose(type: string, scopes: readonly [...WatchScope[], WatchScope], now: number): WatchScope {
    const isOpen = ({ id }: WatchScope): boolean => (this.#refusedUntil.get(`${type} ${id}`) ?? 0) <= now;
    return scopes.slice(0, -1).find(isOpen) ?? scopes.at(-1)!;
  }

  refuse(type: string, { id }: WatchScope, now: number): void {
    this.#refusedUntil.set(`${type} ${id}`, now + forgetRefusalMs);
  }
}
