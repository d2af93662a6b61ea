import { formatName, type KubeObject, type NamespacedName, type TypeRef } from '@flotilla/common/kube/object';
import type { KubeReader, ListOptions } from '../kube/client.js';
import type { CacheChange, ObjectCache } from '../runtime/cache.js';
import type { Informer } from '../runtime/informer.js';
import { isNewer } from '../runtime/object-store.js';
import { slimObject } from '../runtime/slim-object.js';
import type { OwnedShards } from './owned-shards.js';

export interface OwnedObjectsOptions {
  client: KubeReader;
  type: TypeRef;
  /** What the informer watches. */
  scope: Pick<ListOptions, 'namespace' | 'labelSelector'>;
  informer: Informer;
  shards: OwnedShards;
}

/**
 * The objects of one kind that are this process's: a label selector that changes with the shards. An object whose
 * shard comes looks added, one whose shard goes looks deleted.
 */
export class OwnedObjects implements ObjectCache {
  readonly #options: OwnedObjectsOptions;
  readonly #handlers = new Set<(change: CacheChange) => void>();
  /** What the server said when a shard came, where the watch is behind: its last owner has just written to it. */
  readonly #fresh = new Map<string, KubeObject>();

  constructor(options: OwnedObjectsOptions) {
    this.#options = options;
  }

  get synced(): boolean {
    return this.#options.informer.synced;
  }

  get type(): TypeRef {
    return this.#options.type;
  }

  get(name: NamespacedName): KubeObject | undefined {
    const { informer, shards } = this.#options;
    const cached = shards.owns(name) ? informer.get(name) : undefined;
    return cached && this.#newest(name, cached);
  }

  list(): KubeObject[] {
    const { informer, shards } = this.#options;
    const owned = informer.list().filter((object) => shards.owns(nameOf(object)));
    return owned.map((object) => this.#newest(nameOf(object), object));
  }

  subscribe(handler: (change: CacheChange) => void): () => void {
    const { informer, shards } = this.#options;
    const stop = informer.subscribe((change) => {
      if (change.type === 'deleted') this.#fresh.delete(formatName(nameOf(change.object)));
      if (shards.owns(nameOf(change.object))) handler(change);
    });
    this.#handlers.add(handler);
    return () => {
      stop();
      this.#handlers.delete(handler);
    };
  }

  /** Takes the answer of an own write in at once. */
  observe(object: KubeObject): void {
    this.#options.informer.observe(object);
  }

  /** Every object of the kind, whoever works on it. */
  get all(): ObjectCache {
    return this.#options.informer;
  }

  /** Reads the objects of a shard from the server: what comes to us must not look older than its last owner left it. */
  async refresh(shard: number, signal: AbortSignal): Promise<void> {
    const { client, type, scope, informer, shards } = this.#options;
    const { items } = await client.list(type, { ...scope, signal, transform: slimObject });
    for (const object of items) {
      const name = nameOf(object);
      if (shards.shardOf(name) !== shard) continue;
      const cached = informer.get(name);
      if (!cached || isNewer(object, cached)) this.#fresh.set(formatName(name), object);
    }
  }

  /** The shard has come. */
  added(shard: number): void {
    for (const object of this.#of(shard)) this.#tell({ type: 'added', object });
  }

  /** The shard has gone. */
  removed(shard: number): void {
    for (const object of this.#of(shard)) {
      this.#fresh.delete(formatName(nameOf(object)));
      this.#tell({ type: 'deleted', object });
    }
  }

  #of(shard: number): KubeObject[] {
    const { informer, shards } = this.#options;
    return informer.list().filter((object) => shards.shardOf(nameOf(object)) === shard);
  }

  #tell(change: CacheChange): void {
    for (const handler of this.#handlers) handler(change);
  }

  #newest(name: NamespacedName, cached: KubeObject): KubeObject {
    const key = formatName(name);
    const fresh = this.#fresh.get(key);
    if (!fresh) return cached;
    if (fresh.metadata.uid === cached.metadata.uid && isNewer(fresh, cached)) return fresh;
    this.#fresh.delete(key);
    return cached;
  }
}

function nameOf({ metadata }: KubeObject): NamespacedName {
  return { namespace: metadata.namespace ?? '', name: metadata.name };
}
