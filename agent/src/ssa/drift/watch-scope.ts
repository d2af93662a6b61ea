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

/** Remembers which scopes the server has refused. Rights that are granted later count from the next start on. */
export class ScopeChoice {
  readonly #refused = new Set<string>();

  /** The first of the scopes, widest first, that has not been refused; the last one is tried for ever. */
  choose(type: string, scopes: readonly [...WatchScope[], WatchScope]): WatchScope {
    const allowed = scopes.slice(0, -1).find(({ id }) => !this.#refused.has(`${type} ${id}`));
    return allowed ?? scopes.at(-1)!;
  }

  refuse(type: string, { id }: WatchScope): void {
    this.#refused.add(`${type} ${id}`);
  }
}
