import type { KubeObject } from '@flotilla/common/kube/object';
import type { FieldDrift } from './changeset.js';
import { differingPaths, isSameValue, toJsonPointer, type FieldPath } from './drift-paths.js';
import { ownsField, type FieldSet } from './field-set.js';

/** Paths that one entry of a change set names; an event is read by people. */
const maxPaths = 10;

/**
 * Does the live object differ from what an apply would make of it: labels, annotations, and everything but metadata
 * and status (flux-compat 3.6, 5).
 */
export function hasDrifted(live: KubeObject, wanted: KubeObject): boolean {
  return differingPaths(comparable(live), comparable(wanted), 1).length > 0;
}

/** The fields that an apply changed, with the field manager who had set the live value. */
export function describeDrift(live: KubeObject, applied: KubeObject, ownManager: string): FieldDrift[] {
  return differingPaths(comparable(live), comparable(applied), maxPaths).map((path) => {
    const manager = managerOf(live, path, ownManager);
    return { path: toJsonPointer(path), ...(manager === undefined ? {} : { manager }) };
  });
}

/** The parts of an object that an apply is about, without what older servers echo. */
export function comparable(object: KubeObject): Record<string, unknown> {
  const { metadata, status: _, ...rest } = object;
  const { labels, annotations } = metadata;
  return { ...withoutMetricEchoes(rest), metadata: { labels, annotations } };
}

/**
 * Servers before 1.27 answer a dry-run of a HorizontalPodAutoscaler with its first metric twice and an empty one at
 * the end (kubernetes/kubernetes#118293); it would look like drift for ever.
 */
function withoutMetricEchoes(object: Record<string, unknown>): Record<string, unknown> {
  const spec = object['spec'];
  if (object['kind'] !== 'HorizontalPodAutoscaler' || typeof spec !== 'object' || spec === null)
    return object;
  const metrics: unknown = Reflect.get(spec, 'metrics');
  if (!Array.isArray(metrics)) return object;
  const real = metrics.filter(
    (metric, index) =>
      Reflect.get(Object(metric), 'type') &&
      metrics.findIndex((other) => isSameValue(metric, other)) === index,
  );
  return { ...object, spec: { ...spec, metrics: real } };
}

/** Who set the live value of a field: of the other managers that own it the one who wrote last. */
function managerOf(live: KubeObject, path: FieldPath, ownManager: string): string | undefined {
  const owners = (live.metadata.managedFields ?? [])
    .filter(
      (entry) => entry.manager !== ownManager && ownsField((entry.fieldsV1 ?? {}) as FieldSet, live, path),
    )
    .toSorted((a, b) => Date.parse(b.time ?? '') - Date.parse(a.time ?? ''));
  return owners[0]?.manager;
}
