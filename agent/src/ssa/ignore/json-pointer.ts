import type { FieldPath } from '../drift-paths.js';

/** Reads a JSON pointer (RFC 6901) to a field. @throws Error for a text that is none, and for the whole document */
export function parseJsonPointer(text: string): readonly string[] {
  if (!text.startsWith('/'))
    throw new Error(`"${text}" is no JSON pointer to a field: it has to begin with /`);
  if (/~(?![01])/.test(text)) throw new Error(`"${text}" is no JSON pointer: ~ has to be written as ~0`);
  return text
    .slice(1)
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

type Container = Record<string | number, unknown>;

/** The path to a field of `object`, with positions for items of lists; undefined when a list has no such position. */
export function pathIn(object: unknown, pointer: readonly string[]): FieldPath | undefined {
  let value: unknown = object;
  const path: Array<string | number> = [];
  for (const segment of pointer) {
    if (Array.isArray(value) && !/^(0|[1-9]\d*)$/.test(segment)) return undefined;
    const key = Array.isArray(value) ? Number(segment) : segment;
    path.push(key);
    value = childOf(value, key);
  }
  return path;
}

/** The value at a path; undefined when there is none. */
export function valueAt(object: unknown, path: FieldPath): unknown {
  return path.reduce<unknown>(childOf, object);
}

/** Takes a field out of the object. Items of a list leave a hole, so that the others keep their position. */
export function clearAt(object: unknown, path: FieldPath): void {
  const parent = valueAt(object, path.slice(0, -1));
  const key = path.at(-1);
  if (!isContainer(parent) || key === undefined || !Object.hasOwn(parent, key)) return;
  if (Array.isArray(parent)) parent[Number(key)] = undefined;
  else delete parent[key];
}

export function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null;
}

function childOf(value: unknown, key: string | number): unknown {
  return isContainer(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}
