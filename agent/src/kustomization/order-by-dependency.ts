import type { Kustomization } from '@flotilla/common/api/kustomization';
import { formatName } from '@flotilla/common/kube/object';

/** Dependencies before those that depend on them; otherwise by name. A cycle is left in the order of its names. */
export function orderByDependency(objects: readonly Kustomization[]): Kustomization[] {
  const byKey = new Map(objects.map((object) => [keyOf(object), object]));
  const ordered = new Set<Kustomization>();
  const visited = new Set<string>();
  const visit = (key: string): void => {
    const object = byKey.get(key);
    if (!object || visited.has(key)) return;
    visited.add(key);
    dependenciesOf(object).forEach(visit);
    ordered.add(object);
  };
  [...byKey.keys()].sort().forEach(visit);
  return [...ordered];
}

function dependenciesOf({ metadata, spec }: Kustomization): string[] {
  return (spec.dependsOn ?? []).map(({ name, namespace }) =>
    formatName({ namespace: namespace || (metadata.namespace ?? ''), name }),
  );
}

function keyOf({ metadata }: Kustomization): string {
  return formatName({ namespace: metadata.namespace ?? '', name: metadata.name });
}
