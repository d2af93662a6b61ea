import type { KubeObject, NamespacedName } from '@flotilla/common/kube/object';
import type { ObjectCache } from '../runtime/cache.js';

/** The objects of one shard, whoever works on it. */
export function oneShard(
  cache: ObjectCache,
  shard: number,
  shardOf: (name: NamespacedName) => number,
): ObjectCache {
  const isIn = ({ metadata }: KubeObject): boolean =>
    shardOf({ namespace: metadata.namespace ?? '', name: metadata.name }) === shard;
  return {
    get synced() {
      return cache.synced;
    },
    get: (name) => (shardOf(name) === shard ? cache.get(name) : undefined),
    list: () => cache.list().filter(isIn),
    subscribe: (handler) =>
      cache.subscribe((change) => {
        if (isIn(change.object)) handler(change);
      }),
  };
}
