import { formatName, type KubeObject, type NamespacedName } from '@flotilla/common/kube/object';
import type { ObjectCache } from '../../runtime/cache.js';
import { slimObject } from '../../runtime/slim-object.js';

/**
 * Reads objects from a cache without ever going back in time: what this process wrote is seen by its next
 * reconcile, even when the watch is slower. An inventory read from before the last apply would make that
 * apply's new objects look as if they had never existed.
 */
export class LatestObjects {
  readonly #written = new Map<string, KubeObject>();

  constructor(readonly cache: ObjectCache) {}

  get(name: NamespacedName): KubeObject | undefined {
    const key = formatName(name);
    const cached = this.cache.get(name);
    const written = this.#written.get(key);
    if (cached && written && isNewer(written, cached)) return written;
    this.#written.delete(key);
    return cached;
  }

  /** Remembers the server's answer to a write, until the cache has caught up. */
  wrote(object: KubeObject): void {
    const { namespace = '', name } = object.metadata;
    this.#written.set(formatName({ namespace, name }), slimObject(object));
  }
}

/** Resource versions of one object are counted up; another uid is another object, and the cache knows better. */
function isNewer(written: KubeObject, cached: KubeObject): boolean {
  if (written.metadata.uid !== cached.metadata.uid) return false;
  const [a, b] = [written.metadata.resourceVersion ?? '', cached.metadata.resourceVersion ?? ''];
  return a.length === b.length ? a > b : a.length > b.length;
}
