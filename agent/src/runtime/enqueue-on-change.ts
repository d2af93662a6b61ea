import type { KubeObject, NamespacedName } from '@flotilla/common/kube/object';
import type { CacheChange, ObjectCache } from './cache.js';

/** True when a change should be acted on. */
export type ChangeFilter = (change: CacheChange) => boolean;

export interface EnqueueTarget {
  enqueue(name: NamespacedName): void;
}

export interface EnqueueOptions {
  /** Which changes count. Default: all. */
  filter?: ChangeFilter;
  /** Which objects a change concerns. Default: the changed object itself. */
  map?: (object: KubeObject, change: CacheChange) => readonly NamespacedName[];
}

/** Connects a cache with a controller. Returns a function that disconnects. */
export function enqueueOnChange(
  cache: ObjectCache,
  target: EnqueueTarget,
  options: EnqueueOptions = {},
): () => void {
  const { filter, map = (object: KubeObject) => [nameOf(object)] } = options;
  return cache.subscribe((change) => {
    if (filter && !filter(change)) return;
    for (const name of map(change.object, change)) target.enqueue(name);
  });
}

/** The spec changed, one of the annotations changed, or the object came or went (flux-compat 1.2). */
export function specChanged(...annotations: readonly string[]): ChangeFilter {
  return (change) => {
    if (change.type !== 'updated') return true;
    const { metadata: now } = change.object;
    const { metadata: before } = change.previous;
    return (
      now.generation !== before.generation ||
      now.deletionTimestamp !== before.deletionTimestamp ||
      annotations.some((key) => now.annotations?.[key] !== before.annotations?.[key])
    );
  };
}

function nameOf(object: KubeObject): NamespacedName {
  return { namespace: object.metadata.namespace ?? '', name: object.metadata.name };
}
