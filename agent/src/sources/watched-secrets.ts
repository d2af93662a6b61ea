import type { KubeReader, KubeWatcher } from '../kube/client.js';
import { KubeApiError } from '../kube/errors.js';
import type { Clock } from '../runtime/clock.js';
import { createInformer, type Informer } from '../runtime/informer.js';
import type { Logger } from '../runtime/logger.js';
import { createSecretReader, decodeSecret, type SecretReader } from './secret-reader.js';

export interface WatchedSecretsOptions {
  client: KubeReader & KubeWatcher;
  clock: Clock;
  logger: Logger;
  /** Each watch holds a connection: beyond so many the API server is asked each time. Default 32. */
  maxWatched?: number;
  /** A Secret that nobody read for so long is not watched any more. Default 2 h. */
  idleMs?: number;
}

export interface WatchedSecrets extends SecretReader {
  /** Ends all watches. */
  stop(): Promise<void>;
}

interface Watched {
  informer: Informer;
  ending: AbortController;
  running: Promise<void>;
  /** Monotonic milliseconds. */
  readAt: number;
}

const defaultMaxWatched = 32;
const defaultIdleMs = 2 * 60 * 60 * 1000;

/**
 * Reads Secrets, and watches those that are read again and again: a round in which nothing happens costs no request.
 * Only Secrets in use are watched, one by one, so that a right to read single Secrets is enough. Where a watch is
 * refused or broken, and whenever somebody waits for a change, the API server is asked.
 */
export function createWatchedSecrets(options: WatchedSecretsOptions): WatchedSecrets {
  return new SingleSecretWatches(options);
}

class SingleSecretWatches implements WatchedSecrets {
  readonly #direct: SecretReader;
  readonly #watched = new Map<string, Watched>();
  readonly #refused = new Set<string>();
  #stopped = false;

  constructor(readonly options: WatchedSecretsOptions) {
    this.#direct = createSecretReader(options.client);
  }

  async read(...[namespace, name, options = {}]: Parameters<SecretReader['read']>) {
    const key = `${namespace}/${name}`;
    this.#endIdle();
    const watched = this.#watched.get(key);
    if (watched) watched.readAt = this.options.clock.monotonic();
    // The first read is often the only one; the watch starts with the first that may be cached.
    if (!options.mayBeCached) return this.#direct.read(namespace, name, options);
    const status = watched?.informer.status();
    if (watched && status?.synced && !status.lastError) {
      const secret = watched.informer.get({ namespace, name });
      return secret && decodeSecret(secret);
    }
    if (!watched) this.#watch(key, namespace, name);
    return this.#direct.read(namespace, name, options);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const all = [...this.#watched.values()];
    this.#watched.clear();
    for (const { ending } of all) ending.abort();
    await Promise.allSettled(all.map(({ running }) => running));
  }

  #watch(key: string, namespace: string, name: string): void {
    const { client, clock, logger, maxWatched = defaultMaxWatched } = this.options;
    if (this.#stopped || this.#refused.has(key) || this.#watched.size >= maxWatched) return;
    const ending = new AbortController();
    const informer = createInformer({
      client,
      clock,
      logger,
      namespace,
      type: { apiVersion: 'v1', kind: 'Secret' },
      fieldSelector: `metadata.name=${name}`,
      onFailure: (error) => {
        if (!isRefusal(error)) return;
        this.#refused.add(key);
        this.#end(key);
      },
    });
    const running = informer.run(ending.signal).catch(() => {});
    this.#watched.set(key, { informer, ending, running, readAt: clock.monotonic() });
  }

  #endIdle(): void {
    const { clock, idleMs = defaultIdleMs } = this.options;
    const oldest = clock.monotonic() - idleMs;
    for (const [key, { readAt }] of this.#watched) if (readAt < oldest) this.#end(key);
  }

  #end(key: string): void {
    this.#watched.get(key)?.ending.abort();
    this.#watched.delete(key);
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof KubeApiError && (error.code === 403 || error.code === 401);
}
