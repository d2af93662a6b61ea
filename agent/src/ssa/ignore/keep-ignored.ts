import type { KubeObject } from '@flotilla/common/kube/object';
import { isSameValue, type FieldPath } from '../drift-paths.js';
import { ownsField, type FieldSet } from '../field-set.js';
import { isTakenOver, type TakeOverOptions } from '../take-over.js';
import { clearAt, isContainer, pathIn, valueAt } from './json-pointer.js';

type Pointers = ReadonlyArray<readonly string[]>;

/** A copy without the ignored fields, to be compared. */
export function withoutIgnored(object: KubeObject, pointers: Pointers): KubeObject {
  if (pointers.length === 0) return object;
  const copy = structuredClone(object);
  for (const pointer of pointers) {
    const path = pathIn(copy, pointer);
    if (path) clearAt(copy, path);
  }
  return copy;
}

export interface KeepIgnoredOptions {
  pointers: Pointers;
  live: KubeObject;
  /** What the object would be after an apply as declared. */
  result: KubeObject;
  /** Whose fields become the applier's own before the apply; absent = nobody's. */
  takeOver: TakeOverOptions | undefined;
  fieldManager: string;
}

/**
 * The object to apply so that ignored fields stay as they are (flux-compat 3.6, 8). One that has drifted is left out
 * when another applier owns it, so that it is that one's alone from now on; otherwise the live value is declared,
 * because what nobody declares would be removed. Fields that have not drifted are sent as they were declared.
 */
export function keepIgnored(desired: KubeObject, options: KeepIgnoredOptions): KubeObject {
  const { live, result } = options;
  const drifted = options.pointers.flatMap((pointer) => {
    const path = pathIn(live, pointer);
    return path && !isSameValue(valueAt(live, path), valueAt(result, path)) ? [path] : [];
  });
  if (drifted.length === 0) return desired;
  const copy = structuredClone(desired);
  for (const path of drifted) {
    if (isOwnedByAnother(path, options)) remove(copy, live, path);
    else adopt(copy, live, path);
  }
  return withoutHoles(copy);
}

function isOwnedByAnother(path: FieldPath, { live, takeOver, fieldManager }: KeepIgnoredOptions): boolean {
  return (live.metadata.managedFields ?? []).some(
    (entry) =>
      entry.operation === 'Apply' &&
      entry.manager !== fieldManager &&
      !(takeOver && isTakenOver(entry, takeOver)) &&
      ownsField((entry.fieldsV1 ?? {}) as FieldSet, live, path),
  );
}

function remove(desired: KubeObject, live: KubeObject, path: FieldPath): void {
  const own = counterpart(desired, live, path);
  if (own) clearAt(desired, own);
}

/** What the live object does not have cannot be adopted: the declared value stands. */
function adopt(desired: KubeObject, live: KubeObject, path: FieldPath): void {
  const value = valueAt(live, path);
  const own = counterpart(desired, live, path);
  const key = own?.at(-1);
  if (value === undefined || !own || key === undefined) return;
  const parent = parentOf(desired, own);
  if (parent) parent[key] = structuredClone(value);
}

/** Makes the maps on the way that the desired object does not have; items of lists are not made up. */
function parentOf(desired: KubeObject, path: FieldPath): Record<string | number, unknown> | undefined {
  let parent: Record<string | number, unknown> = desired;
  for (const [index, key] of path.slice(0, -1).entries()) {
    if (parent[key] === undefined && typeof path[index + 1] === 'string' && !Array.isArray(parent)) {
      parent[key] = {};
    }
    const next = parent[key];
    if (!isContainer(next)) return undefined;
    parent = next;
  }
  return parent;
}

/** The same field in the desired object: items of lists are found by their name, since both sides have an order of their own. */
function counterpart(desired: unknown, live: unknown, path: FieldPath): FieldPath | undefined {
  const found: Array<string | number> = [];
  let [own, other] = [desired, live];
  for (const key of path) {
    other = valueAt(other, [key]);
    const ownKey = typeof key === 'number' ? itemLike(own, other, key) : key;
    if (ownKey === undefined) return undefined;
    found.push(ownKey);
    own = valueAt(own, [ownKey]);
  }
  return found;
}

function itemLike(list: unknown, item: unknown, index: number): number | undefined {
  if (!Array.isArray(list)) return undefined;
  const name = valueAt(item, ['name']);
  if (typeof name !== 'string') return index < list.length ? index : undefined;
  const found = list.findIndex((other) => valueAt(other, ['name']) === name);
  return found < 0 ? undefined : found;
}

function withoutHoles(desired: KubeObject): KubeObject {
  const close = (value: unknown): void => {
    if (!isContainer(value)) return;
    if (Array.isArray(value)) {
      const kept = value.filter((item) => item !== undefined);
      value.splice(0, value.length, ...kept);
    }
    Object.values(value).forEach(close);
  };
  close(desired);
  return desired;
}
