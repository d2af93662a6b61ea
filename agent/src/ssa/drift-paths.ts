/** From the root of an object to a field: names of fields, positions in lists. */
export type FieldPath = ReadonlyArray<string | number>;

/**
 * The fields in which two objects differ, outermost first, at most `limit`. A whole sub-tree that is only on one side
 * is one path. Lists are compared item by item, since both sides come from the server in its order.
 */
export function differingPaths(a: unknown, b: unknown, limit: number): FieldPath[] {
  const found: FieldPath[] = [];
  collect(a, b, [], found, limit);
  return found;
}

/** Semantic equality of two JSON values: null, an empty list and an empty map are the same as each other. */
export function isSameValue(a: unknown, b: unknown): boolean {
  return differingPaths(a, b, 1).length === 0;
}

/** RFC 6901. */
export function toJsonPointer(path: FieldPath): string {
  return path.map((segment) => `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function collect(a: unknown, b: unknown, path: FieldPath, found: FieldPath[], limit: number): void {
  if (found.length >= limit || a === b || (isEmpty(a) && isEmpty(b))) return;
  if (!isContainer(a) || !isContainer(b) || Array.isArray(a) !== Array.isArray(b)) {
    found.push(path);
    return;
  }
  for (const key of keysOf(a, b)) collect(childOf(a, key), childOf(b, key), [...path, key], found, limit);
}

function keysOf(a: object, b: object): Array<string | number> {
  if (Array.isArray(a) && Array.isArray(b))
    return Array.from({ length: Math.max(a.length, b.length) }, (_, index) => index);
  return [...new Set([...Object.keys(a), ...Object.keys(b)])];
}

function childOf(value: object, key: string | number): unknown {
  return Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0)
  );
}
