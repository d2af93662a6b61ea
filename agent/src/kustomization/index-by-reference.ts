import type { Kustomization } from '@flotilla/common/api/kustomization';
import { formatName, formatRef, type KubeObject } from '@flotilla/common/kube/object';
import type { ObjectCache } from '../runtime/cache.js';
import { sourceKey, sourceRefOf } from './source-ref.js';

/** Finds Kustomizations by what they refer to, without looking at all of them. */
export class KustomizationIndex {
  readonly #bySource = new Map<string, Set<string>>();
  readonly #byDependency = new Map<string, Set<string>>();
  readonly #byConfig = new Map<string, Set<string>>();

  constructor(readonly cache: ObjectCache) {}

  /** Follows the cache from now on; returns a function that stops that. */
  start(): () => void {
    return this.cache.subscribe((change) => {
      if (change.type === 'updated') this.#remove(change.previous);
      if (change.type === 'deleted') this.#remove(change.object);
      else this.#add(change.object);
    });
  }

  /** `Kind/namespace/name` of a source -> those that follow it. */
  bySource(key: string): Kustomization[] {
    return this.#objects(this.#bySource.get(key));
  }

  /** `namespace/name` of a Kustomization -> those that depend on it. */
  byDependency(key: string): Kustomization[] {
    return this.#objects(this.#byDependency.get(key));
  }

  /** `Kind/namespace/name` of a ConfigMap or Secret -> those that take variables or keys from it. */
  byConfig(key: string): Kustomization[] {
    return this.#objects(this.#byConfig.get(key));
  }

  #objects(keys: ReadonlySet<string> = new Set()): Kustomization[] {
    return [...keys].flatMap((key) => {
      const [namespace = '', name = ''] = key.split('/');
      const found = this.cache.get({ namespace, name });
      return found ? [found as Kustomization] : [];
    });
  }

  #add(object: KubeObject): void {
    for (const [map, key] of this.#entries(object))
      map.set(key, (map.get(key) ?? new Set()).add(keyOf(object)));
  }

  #remove(object: KubeObject): void {
    for (const [map, key] of this.#entries(object)) {
      const keys = map.get(key);
      keys?.delete(keyOf(object));
      if (keys?.size === 0) map.delete(key);
    }
  }

  #entries(object: KubeObject): Array<[Map<string, Set<string>>, string]> {
    const kustomization = object as Kustomization;
    const { spec } = kustomization;
    const namespace = object.metadata.namespace ?? '';
    return [
      [this.#bySource, sourceKey(sourceRefOf(kustomization))],
      ...(spec.dependsOn ?? []).map((dependency): [Map<string, Set<string>>, string] => [
        this.#byDependency,
        formatName({ namespace: dependency.namespace || namespace, name: dependency.name }),
      ]),
      ...configsOf(spec).map(({ kind, name }): [Map<string, Set<string>>, string] => [
        this.#byConfig,
        formatRef({ kind, namespace, name }),
      ]),
    ];
  }
}

function configsOf(spec: Kustomization['spec']): Array<{ kind: string; name: string }> {
  const { secretRef, configMapRef } = spec.kubeConfig ?? {};
  const secrets = [spec.decryption?.secretRef, secretRef].filter((ref) => ref !== undefined);
  return [
    ...(spec.postBuild?.substituteFrom ?? []),
    ...secrets.map(({ name }) => ({ kind: 'Secret', name })),
    ...(configMapRef ? [{ kind: 'ConfigMap', name: configMapRef.name }] : []),
  ];
}

function keyOf(object: KubeObject): string {
  return formatName({ namespace: object.metadata.namespace ?? '', name: object.metadata.name });
}
