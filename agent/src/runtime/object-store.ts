import { formatName, type KubeObject, type NamespacedName } from '@flotilla/common/kube/object';
import type { CacheChange } from './cache.js';

/** Gives the index values of an object, e.g. the sources that it names. */
export type IndexFunction = (object: KubeObject) => readonly string[];

/** Objects by name, with indices. Every change it makes is returned, so that somebody can tell it on. */
export class ObjectStore {
  private readonly objects = new Map<string, KubeObject>();
  private readonly indices: ReadonlyMap<string, { values: IndexFunction; keys: Map<string, Set<string>> }>;

  constructor(indices: Readonly<Record<string, IndexFunction>>) {
    this.indices = new Map(
      Object.entries(indices).map(([name, values]) => [
        name,
        { values, keys: new Map<string, Set<string>>() },
      ]),
    );
  }

  get size(): number {
    return this.objects.size;
  }

  get(name: NamespacedName): KubeObject | undefined {
    return this.objects.get(formatName(name));
  }

  list(): KubeObject[] {
    return [...this.objects.values()];
  }

  byIndex(index: string, value: string): KubeObject[] {
    const found = this.indices.get(index);
    if (!found) throw new Error(`there is no index "${index}"`);
    const objects: KubeObject[] = [];
    for (const key of found.keys.get(value) ?? []) {
      const object = this.objects.get(key);
      if (object) objects.push(object);
    }
    return objects;
  }

  /** Puts an object in. An older version than the one that is there changes nothing. */
  put(object: KubeObject): CacheChange[] {
    const key = keyOf(object);
    const previous = this.objects.get(key);
    if (previous && !isNewer(object, previous)) return [];
    if (previous) this.unindex(key, previous);
    this.objects.set(key, object);
    this.index(key, object);
    if (!previous) return [{ type: 'added', object }];
    // Deleted and made again under the same name: two changes, or a handler would take one object for the other.
    if (previous.metadata.uid !== object.metadata.uid) {
      return [
        { type: 'deleted', object: previous },
        { type: 'added', object },
      ];
    }
    return [{ type: 'updated', object, previous }];
  }

  /** Takes an object out; `last` is how it looked at the end. */
  remove(last: KubeObject): CacheChange[] {
    const key = keyOf(last);
    const previous = this.objects.get(key);
    // A delete that comes late is about an earlier object of that name.
    if (!previous || (previous.metadata.uid !== last.metadata.uid && isNewer(previous, last))) return [];
    this.unindex(key, previous);
    this.objects.delete(key);
    return [{ type: 'deleted', object: last }];
  }

  /** Makes the store hold exactly these objects: what is missing in the list was deleted while nobody watched. */
  replace(objects: readonly KubeObject[]): CacheChange[] {
    const listed = new Set(objects.map(keyOf));
    const changes: CacheChange[] = [];
    for (const [key, object] of this.objects) {
      if (!listed.has(key)) changes.push(...this.remove(object));
    }
    for (const object of objects) changes.push(...this.putListed(object));
    return changes;
  }

  /** A list is the truth, even when its versions are lower: the cluster may have come back from a backup. */
  private putListed(object: KubeObject): CacheChange[] {
    const previous = this.get({ namespace: object.metadata.namespace ?? '', name: object.metadata.name });
    if (!previous || isNewer(object, previous)) return this.put(object);
    if (previous.metadata.resourceVersion === object.metadata.resourceVersion) return [];
    this.remove(previous);
    this.put(object);
    return [{ type: 'updated', object, previous }];
  }

  private index(key: string, object: KubeObject): void {
    for (const { values, keys } of this.indices.values()) {
      for (const value of values(object)) {
        const members = keys.get(value) ?? new Set();
        keys.set(value, members.add(key));
      }
    }
  }

  private unindex(key: string, object: KubeObject): void {
    for (const { values, keys } of this.indices.values()) {
      for (const value of values(object)) {
        const members = keys.get(value);
        members?.delete(key);
        if (members?.size === 0) keys.delete(value);
      }
    }
  }
}

function keyOf(object: KubeObject): string {
  return formatName({ namespace: object.metadata.namespace ?? '', name: object.metadata.name });
}

/**
 * Resource versions are opaque by contract, but all servers count upwards, and Kubernetes has made that official. What
 * is no number counts as newer, so that at worst a change is told twice.
 */
export function isNewer(candidate: KubeObject, present: KubeObject): boolean {
  const [a, b] = [candidate.metadata.resourceVersion ?? '', present.metadata.resourceVersion ?? ''];
  if (!/^\d+$/.test(a) || !/^\d+$/.test(b)) return a !== b;
  return a.length === b.length ? a > b : a.length > b.length;
}
