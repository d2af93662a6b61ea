import type { KubeObject, NamespacedName, TypeRef } from '@flotilla/common/kube/object';
import type { KubeReader, KubeWatcher, ListOptions } from '../kube/client.js';
import { KubeApiError, KubeConnectionError } from '../kube/errors.js';
import { createBackoff, type Backoff } from './backoff.js';
import type { CacheChange, ObjectCache } from './cache.js';
import { sleep, type Clock } from './clock.js';
import type { Logger } from './logger.js';
import { ObjectStore, type IndexFunction } from './object-store.js';
import { slimObject } from './slim-object.js';

export interface InformerOptions {
  client: KubeReader & KubeWatcher;
  type: TypeRef;
  clock: Clock;
  logger: Logger;
  /** One namespace; default all. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Keep metadata only, e.g. to see drift of objects whose content is not needed. */
  metadataOnly?: boolean;
  /** What to keep of each object. Default: all but managedFields and last-applied. */
  transform?: (object: KubeObject) => KubeObject;
  /** Named look-ups, e.g. `{ source: (ks) => [sourceOf(ks)] }`. */
  indices?: Readonly<Record<string, IndexFunction>>;
  random?: () => number;
  /** Told of every list or watch that failed; may end the informer. */
  onFailure?: (error: unknown) => void;
}

export interface InformerStatus {
  synced: boolean;
  objects: number;
  /** Why nothing comes at the moment, e.g. because the kind is not installed yet. */
  lastError?: string;
}

/** Keeps the objects of one kind by list and watch, through broken connections, restarts and compactions. */
export interface Informer extends ObjectCache {
  /** Runs until the signal is aborted. */
  run(signal: AbortSignal): Promise<void>;
  /** Resolves when the first list is there. @throws the signal's reason */
  waitForSync(signal: AbortSignal): Promise<void>;
  byIndex(index: string, value: string): KubeObject[];
  /** Takes the answer of an own write in at once, so that the next reconcile does not read what it just changed. */
  observe(object: KubeObject): void;
  status(): InformerStatus;
}

export function createInformer(options: InformerOptions): Informer {
  return new ListWatchInformer(options);
}

const firstRetryMs = 200;
const maxRetryMs = 30_000;
/** A watch that lived as long was no failure, even when it brought nothing. */
const healthyWatchMs = 10_000;
/** A kind that is not there yet may be installed any moment; a server that does not answer may be back as soon. */
const maxAbsenceRetryMs = 5_000;

class ListWatchInformer implements Informer {
  private readonly store: ObjectStore;
  private readonly handlers = new Set<(change: CacheChange) => void>();
  private readonly backoff: Backoff;
  private readonly syncWaiters: Array<() => void> = [];
  private isSynced = false;
  private lastError: string | undefined;

  constructor(private readonly options: InformerOptions) {
    this.store = new ObjectStore(options.indices ?? {});
    this.backoff = createBackoff({
      firstMs: firstRetryMs,
      maxMs: maxRetryMs,
      random: options.random ?? Math.random,
    });
  }

  get synced(): boolean {
    return this.isSynced;
  }

  get(name: NamespacedName): KubeObject | undefined {
    return this.store.get(name);
  }

  list(): KubeObject[] {
    return this.store.list();
  }

  byIndex(index: string, value: string): KubeObject[] {
    return this.store.byIndex(index, value);
  }

  subscribe(handler: (change: CacheChange) => void): () => void {
    this.handlers.add(handler);
    for (const object of this.store.list()) this.tell(handler, { type: 'added', object });
    return () => this.handlers.delete(handler);
  }

  observe(object: KubeObject): void {
    const name = { namespace: object.metadata.namespace ?? '', name: object.metadata.name };
    // Only what the list or the watch has brought in: an object outside the selector must not come in by the back door.
    const known = this.store.get(name);
    if (known && known.metadata.uid === object.metadata.uid) this.tellAll(this.store.put(this.keep(object)));
  }

  status(): InformerStatus {
    const { isSynced: synced, lastError } = this;
    return { synced, objects: this.store.size, ...(lastError === undefined ? {} : { lastError }) };
  }

  waitForSync(signal: AbortSignal): Promise<void> {
    if (this.isSynced) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason as Error);
      if (signal.aborted) onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      this.syncWaiters.push(() => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    let resourceVersion: string | undefined;
    while (!signal.aborted) {
      try {
        resourceVersion ??= await this.listAll(signal);
        resourceVersion = await this.watchFrom(resourceVersion, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof WatchEnded) resourceVersion = error.resourceVersion;
        await this.recover(error instanceof WatchEnded ? error.cause : error, signal);
      }
    }
  }

  /** Reads everything, and says what changed since the last time anyone looked. */
  private async listAll(signal: AbortSignal): Promise<string> {
    const list = await this.options.client.list(this.options.type, {
      ...this.scope(),
      transform: (object) => this.keep(object),
      signal,
    });
    this.tellAll(this.store.replace(list.items));
    this.succeeded();
    this.isSynced = true;
    for (const resolve of this.syncWaiters.splice(0)) resolve();
    return list.resourceVersion;
  }

  /** One watch; gives back where the next one goes on. @throws WatchEnded */
  private async watchFrom(start: string, signal: AbortSignal): Promise<string> {
    let resourceVersion = start;
    const startedAt = this.options.clock.monotonic();
    try {
      const watch = this.options.client.watch(this.options.type, {
        ...this.scope(),
        resourceVersion,
        signal,
      });
      for await (const event of watch) {
        this.succeeded();
        if (event.type === 'BOOKMARK') {
          resourceVersion = event.resourceVersion || resourceVersion;
          continue;
        }
        const object = this.keep(event.object);
        this.tellAll(event.type === 'DELETED' ? this.store.remove(object) : this.store.put(object));
        resourceVersion = event.object.metadata.resourceVersion ?? resourceVersion;
      }
    } catch (error) {
      throw new WatchEnded(mayResume(error) ? resourceVersion : undefined, error);
    }
    // A server that ends every watch at once must not make us spin; one that had nothing to say for minutes is fine.
    if (this.options.clock.monotonic() - startedAt > healthyWatchMs) this.succeeded();
    else if (resourceVersion === start) await sleep(this.options.clock, this.backoff.next(), signal);
    return resourceVersion;
  }

  private async recover(error: unknown, signal: AbortSignal): Promise<void> {
    this.options.onFailure?.(error);
    if (signal.aborted) return;
    this.failed(error);
    // The server answers, and waits for a new list: how long it was away before says nothing any more.
    if (isCode(error, 410)) this.backoff.reset();
    const delayMs = Math.min(this.backoff.next(), isAbsence(error) ? maxAbsenceRetryMs : maxRetryMs);
    await sleep(this.options.clock, delayMs, signal).catch(() => undefined);
  }

  private scope(): Pick<ListOptions, 'namespace' | 'labelSelector' | 'fieldSelector' | 'metadataOnly'> {
    const { namespace, labelSelector, fieldSelector, metadataOnly } = this.options;
    return {
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
      ...(metadataOnly === undefined ? {} : { metadataOnly }),
    };
  }

  private keep(object: KubeObject): KubeObject {
    return (this.options.transform ?? slimObject)(object);
  }

  private succeeded(): void {
    this.backoff.reset();
    if (this.lastError === undefined) return;
    this.lastError = undefined;
    this.options.logger.info({ kind: this.options.type.kind }, 'watching again');
  }

  private failed(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    // The same trouble is told once, not at every attempt.
    if (message === this.lastError) return;
    const level = this.isSynced && mayResume(error) ? 'debug' : 'info';
    this.lastError = message;
    this.options.logger[level](
      { kind: this.options.type.kind, error: message },
      'cannot list or watch, trying again',
    );
  }

  private tellAll(changes: readonly CacheChange[]): void {
    for (const change of changes) for (const handler of this.handlers) this.tell(handler, change);
  }

  private tell(handler: (change: CacheChange) => void, change: CacheChange): void {
    try {
      handler(change);
    } catch (error) {
      this.options.logger.error({ kind: this.options.type.kind, error }, 'a handler of cache changes failed');
    }
  }
}

/** A watch that broke; without a resourceVersion everything has to be listed again. */
class WatchEnded extends Error {
  constructor(
    readonly resourceVersion: string | undefined,
    override readonly cause: unknown,
  ) {
    super('the watch ended');
  }
}

/** True when the next watch can go on where this one broke; otherwise (410 and the like) history is lost. */
function mayResume(error: unknown): boolean {
  if (error instanceof KubeConnectionError) return true;
  return error instanceof KubeApiError && [429, 500, 502, 503].includes(error.code);
}

/** Nobody is there who could be overloaded by being asked often. */
function isAbsence(error: unknown): boolean {
  if (error instanceof KubeConnectionError || isCode(error, 404)) return true;
  return error instanceof Error && error.name === 'NoKindMatchError';
}

function isCode(error: unknown, code: number): boolean {
  return error instanceof KubeApiError && error.code === code;
}
