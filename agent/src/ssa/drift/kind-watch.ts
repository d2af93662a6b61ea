import type { KubeObject, NamespacedName, TypeRef } from '@flotilla/common/kube/object';
import type { KubeReader, KubeWatcher } from '../../kube/client.js';
import { isApiError } from '../../kube/errors.js';
import type { CacheChange } from '../../runtime/cache.js';
import type { Clock } from '../../runtime/clock.js';
import { createInformer, type Informer } from '../../runtime/informer.js';
import type { Logger } from '../../runtime/logger.js';
import type { Observation } from './judge.js';
import { keyOf, versionOf, type ObjectVersion } from './object-version.js';

export interface KindWatchOptions {
  client: KubeReader & KubeWatcher;
  type: TypeRef;
  /** One namespace; default all. */
  namespace?: string;
  ownerGroup: string;
  clock: Clock;
  logger: Logger;
  /** Something about an object was told; `owner` is what its labels say. */
  onChange(key: string, owner: NamespacedName): void;
  /** All objects that exist are known now. */
  onSynced(): void;
  /** The server does not allow this watch. */
  onForbidden(): void;
}

/** What is kept of a watched object. */
interface Watched extends KubeObject {
  version: ObjectVersion;
}

/** Follows the metadata of all owned objects of one kind, whoever owns them. */
export class KindWatch {
  readonly type: TypeRef;
  private readonly stopping = new AbortController();
  private readonly informer: Informer;
  private readonly running: Promise<void>;
  private readonly gone = new Map<string, ObjectVersion>();

  constructor(private readonly options: KindWatchOptions) {
    const { client, type, namespace, clock, logger, ownerGroup } = options;
    this.type = type;
    this.informer = createInformer({
      client,
      type,
      clock,
      logger,
      ...(namespace === undefined ? {} : { namespace }),
      labelSelector: `${ownerGroup}/name`,
      metadataOnly: true,
      transform: (object) => this.keep(object),
      onFailure: (error) => {
        if (isApiError(error, 403)) options.onForbidden();
      },
    });
    this.informer.subscribe((change) => this.changed(change));
    this.running = this.informer.run(this.stopping.signal);
    // Stopped before the first list: nobody waits for it any more.
    this.informer.waitForSync(this.stopping.signal).then(
      () => options.onSynced(),
      () => undefined,
    );
  }

  /** True while changes are told as they happen. */
  get seeing(): boolean {
    const { synced, lastError } = this.informer.status();
    return synced && lastError === undefined;
  }

  /** What was told last of an object; undefined when nothing was. */
  latest(key: string): Observation | undefined {
    const ended = this.gone.get(key);
    if (ended) return { version: ended, gone: true };
    const slash = key.indexOf('/');
    const object = this.informer.get({ namespace: key.slice(0, slash), name: key.slice(slash + 1) });
    return object && { version: (object as Watched).version, gone: false };
  }

  /** Remembers that an object does not exist; the watch cannot tell of what went before it began. */
  markGone(key: string, version: ObjectVersion): void {
    this.gone.set(key, version);
  }

  /** Nobody asks for this object any more. */
  forget(key: string): void {
    this.gone.delete(key);
  }

  async stop(): Promise<void> {
    this.stopping.abort(new Error('nobody owns objects of this kind any more'));
    await this.running;
  }

  private changed({ type, object }: CacheChange): void {
    const key = keyOf(object);
    if (type === 'deleted') this.gone.set(key, (object as Watched).version);
    else this.gone.delete(key);
    this.options.onChange(key, this.ownerOf(object));
  }

  private keep(object: KubeObject): Watched {
    const { name, namespace, uid, resourceVersion } = object.metadata;
    const owner = this.ownerOf(object);
    return {
      apiVersion: object.apiVersion,
      kind: object.kind,
      metadata: {
        name,
        ...(namespace === undefined ? {} : { namespace }),
        ...(uid === undefined ? {} : { uid }),
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
        labels: { [this.label('namespace')]: owner.namespace, [this.label('name')]: owner.name },
      },
      version: versionOf(object.metadata),
    };
  }

  private ownerOf({ metadata: { labels } }: KubeObject): NamespacedName {
    return { namespace: labels?.[this.label('namespace')] ?? '', name: labels?.[this.label('name')] ?? '' };
  }

  private label(key: string): string {
    return `${this.options.ownerGroup}/${key}`;
  }
}
