import { isDeepStrictEqual } from 'node:util';

type JsonObject = Record<string, unknown>;

/** The JSON merge patch (RFC 7386) that turns `from` into `to`; undefined when nothing differs. Lists are replaced whole. */
export function createMergePatch(from: JsonObject, to: JsonObject): JsonObject | undefined {
  const patch: JsonObject = {};
  for (const key of Object.keys(from)) {
    if (from[key] !== undefined && to[key] === undefined) patch[key] = null;
  }
  for (const [key, value] of Object.entries(to)) {
    if (value === undefined || isDeepStrictEqual(value, from[key])) continue;
    const before = from[key];
    const nested = isObject(before) && isObject(value) ? createMergePatch(before, value) : value;
    if (nested !== undefined) patch[key] = nested;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
