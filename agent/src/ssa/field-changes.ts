import type { KubeObject } from '@flotilla/common/kube/object';
import { comparable } from './diff.js';
import { differingPaths, type FieldPath } from './drift-paths.js';

/** A single value of an object that is another one afterwards; undefined where the field is not there. */
export interface FieldChange {
  path: FieldPath;
  before: unknown;
  after: unknown;
}

/** More differences of one object than this are not looked for. */
const mostPaths = 5_000;

/**
 * The values in which two states of an object differ; absent = the object is not there. Fields that only one side has
 * are named value by value, so that each can be shown, or hidden, on its own.
 */
export function fieldChanges(before: KubeObject | undefined, after: KubeObject | undefined): FieldChange[] {
  const [old, wanted] = [before && comparable(before), after && comparable(after)];
  if (!old || !wanted) return leaves([], withoutName(old), withoutName(wanted));
  return differingPaths(old, wanted, mostPaths).flatMap((path) =>
    leaves(path, valueAt(old, path), valueAt(wanted, path)),
  );
}

/** Which object it is, is known already. */
function withoutName(object: Record<string, unknown> | undefined): Record<string, unknown> | undefined {
  if (!object) return undefined;
  const { apiVersion: _apiVersion, kind: _kind, ...rest } = object;
  return rest;
}

function leaves(path: FieldPath, before: unknown, after: unknown): FieldChange[] {
  const keys = [...new Set([...keysOf(before), ...keysOf(after)])];
  if (
    keys.length === 0 ||
    (!isOpen(before) && before !== undefined) ||
    (!isOpen(after) && after !== undefined)
  )
    return [{ path, before, after }];
  return keys
    .filter((key) => valueAt(before, [key]) !== undefined || valueAt(after, [key]) !== undefined)
    .flatMap((key) => leaves([...path, key], valueAt(before, [key]), valueAt(after, [key])));
}

function isOpen(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

function keysOf(value: unknown): Array<string | number> {
  if (Array.isArray(value)) return value.map((_, index) => index);
  return isOpen(value) ? Object.keys(value) : [];
}

function valueAt(value: unknown, path: FieldPath): unknown {
  return path.reduce<unknown>(
    (found, key) =>
      typeof found === 'object' && found !== null && Object.hasOwn(found, key)
        ? (found as Record<string | number, unknown>)[key]
        : undefined,
    value,
  );
}
