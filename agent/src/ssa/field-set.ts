import { isSameValue } from './drift-paths.js';

/** A node of a managedFields trie (fieldsV1): `f:name`, `k:{...}` or `v:...` to children; `.` is the node itself. */
export interface FieldSet {
  [segment: string]: FieldSet;
}

/** The fields that are in one of both sets. An empty child means the field itself, so it stays as `.` among others. */
export function unionFields(a: FieldSet, b: FieldSet): FieldSet {
  const union: FieldSet = { ...a };
  for (const [segment, fields] of Object.entries(b)) {
    const known = union[segment];
    union[segment] = known ? unionMembers(known, fields) : fields;
  }
  return union;
}

function unionMembers(a: FieldSet, b: FieldSet): FieldSet {
  if (isLeaf(a) && isLeaf(b)) return a;
  return unionFields(isLeaf(a) ? { '.': {} } : a, isLeaf(b) ? { '.': {} } : b);
}

function isLeaf(fields: FieldSet): boolean {
  return Object.keys(fields).length === 0;
}

/**
 * True when a set owns the field at a path of the live object, itself or as part of a value that it owns as a whole.
 * List items are matched by the keys or the value that the set names them with.
 */
export function ownsField(fields: FieldSet, live: unknown, path: ReadonlyArray<string | number>): boolean {
  const [head, ...rest] = path;
  if (head === undefined) return true;
  const value = childOf(live, head);
  const segment =
    typeof head === 'string' ? `f:${head}` : Object.keys(fields).find((item) => namesItem(item, value, head));
  const child = segment === undefined ? undefined : fields[segment];
  return child !== undefined && (isLeaf(child) || ownsField(child, value, rest));
}

function namesItem(segment: string, value: unknown, index: number): boolean {
  const named = parseSegment(segment.slice(2));
  if (segment.startsWith('i:')) return named === index;
  if (segment.startsWith('v:')) return named !== undefined && isSameValue(named, value);
  if (!segment.startsWith('k:') || typeof named !== 'object' || named === null) return false;
  return Object.entries(named).every(([key, wanted]) => childOf(value, key) === wanted);
}

function parseSegment(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function childOf(value: unknown, key: string | number): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Record<string | number, unknown>)[key]
    : undefined;
}
