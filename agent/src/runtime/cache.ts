import type { KubeObject, NamespacedName } from '@flotilla/common/kube/object';

export type CacheChange =
  | { type: 'added'; object: KubeObject }
  | { type: 'updated'; object: KubeObject; previous: KubeObject }
  | { type: 'deleted'; object: KubeObject };

/** The watched objects of one kind, as an informer keeps them. Objects are shared: never change them. */
export interface ObjectCache {
  /** True once the first list is in the cache. */
  readonly synced: boolean;
  get(name: NamespacedName): KubeObject | undefined;
  list(): KubeObject[];
  /** Called for every change, and for each object already there as `added`. Returns a function that unsubscribes. */
  subscribe(handler: (change: CacheChange) => void): () => void;
}
