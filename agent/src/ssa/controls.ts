import type { KubeObject, ObjectMeta } from '@flotilla/common/kube/object';
import type { Owner } from './engine.js';
import { ownsField, type FieldSet } from './field-set.js';

type Labelled = Pick<KubeObject, 'metadata'>;

/** True when a label or annotation `group/key` has the value, whatever its case (flux-compat 1.3). */
export function hasControl(object: Labelled | undefined, group: string, key: string, value: string): boolean {
  const wanted = value.toLowerCase();
  const name = `${group}/${key}`;
  const { labels, annotations } = object?.metadata ?? {};
  return isText(labels?.[name], wanted) || isText(annotations?.[name], wanted);
}

function isText(value: unknown, wanted: string): boolean {
  return typeof value === 'string' && value.toLowerCase() === wanted;
}

/** Not applied at all, and not pruned: `reconcile: disabled` or `ssa: Ignore`. */
export function isExcluded(object: Labelled | undefined, group: string): boolean {
  return hasControl(object, group, 'reconcile', 'disabled') || hasControl(object, group, 'ssa', 'Ignore');
}

/** Created once and then left alone. */
export function isCreateOnly(object: Labelled | undefined, group: string): boolean {
  return hasControl(object, group, 'ssa', 'IfNotPresent');
}

/**
 * The live object says that it is not applied, or that what exists is left alone. Of the latter only what somebody else
 * has put there counts: the word of this manager comes from Git, and goes when it goes there.
 */
export function isLeftAlone(live: KubeObject | undefined, { group, fieldManager }: Owner): boolean {
  if (!live) return false;
  if (isExcluded(live, group)) return true;
  if (!isCreateOnly(live, group)) return false;
  return (['labels', 'annotations'] as const).some((place) => {
    const path = ['metadata', place, `${group}/ssa`];
    const isSet = isText(live.metadata[place]?.[`${group}/ssa`], 'ifnotpresent');
    return isSet && !ownersOf(live, path).includes(fieldManager);
  });
}

function ownersOf(live: KubeObject, path: readonly string[]): string[] {
  return (live.metadata.managedFields ?? [])
    .filter(({ fieldsV1 }) => ownsField((fieldsV1 ?? {}) as FieldSet, live, path))
    .map(({ manager }) => manager ?? '');
}

/** Applied, but fields of kubectl and other managers are not taken over. */
export function isMerged(object: Labelled | undefined, group: string): boolean {
  return hasControl(object, group, 'ssa', 'Merge');
}

/** Deleted and created anew when its immutable fields change. */
export function isForced(object: Labelled | undefined, group: string): boolean {
  return hasControl(object, group, 'force', 'enabled');
}

/** Never garbage-collected. */
export function isPruneDisabled(object: Labelled | undefined, group: string): boolean {
  return hasControl(object, group, 'prune', 'disabled') || isExcluded(object, group);
}

/** The two labels that every applied object carries. */
export function ownerLabels(owner: Pick<Owner, 'group' | 'name' | 'namespace'>): Record<string, string> {
  return { [`${owner.group}/name`]: owner.name, [`${owner.group}/namespace`]: owner.namespace };
}

/** True when the live object carries the labels of this owner, so that it may delete it. */
export function isOwnedBy(metadata: ObjectMeta, owner: Pick<Owner, 'group' | 'name' | 'namespace'>): boolean {
  return Object.entries(ownerLabels(owner)).every(([key, value]) => metadata.labels?.[key] === value);
}
