import {
  Duration,
  isList,
  isMap,
  Optional,
  Timestamp,
  TypeValue,
  Uint,
  type Value,
  type ValueMap,
} from './values.js';

/** Pays for looking into a list or map. */
export interface Payer {
  spend(steps: number): void;
}

/** Equality of CEL: numbers are equal across their types, values of other different types never are. */
export function isEqual(a: Value, b: Value, payer: Payer): boolean {
  const [x, y] = [numberOf(a), numberOf(b)];
  // Loosely, since an integer and a double are compared by what they stand for.
  // oxlint-disable-next-line eqeqeq
  if (x !== undefined && y !== undefined) return x == y;
  if (isList(a)) return isList(b) && isSameList(a, b, payer);
  if (isMap(a)) return isMap(b) && isSameMap(a, b, payer);
  if (a instanceof Optional) return b instanceof Optional && isSameOptional(a, b, payer);
  if (a instanceof TypeValue) return b instanceof TypeValue && a.typeName === b.typeName;
  return a === b || compareInstances(a, b) === 0;
}

function isSameList(a: readonly Value[], b: readonly Value[], payer: Payer): boolean {
  if (a.length !== b.length) return false;
  payer.spend(a.length);
  return a.every((item, at) => isEqual(item, b[at]!, payer));
}

function isSameMap(a: ValueMap, b: ValueMap, payer: Payer): boolean {
  if (a.size !== b.size) return false;
  payer.spend(a.size);
  return [...a].every(([key, value]) => b.has(key) && isEqual(value, b.get(key)!, payer));
}

function isSameOptional({ content: a }: Optional, { content: b }: Optional, payer: Payer): boolean {
  return a === undefined || b === undefined ? a === b : isEqual(a, b, payer);
}

/** Order of two values: negative, zero or positive; NaN for a NaN; undefined when they have no order. */
export function compareValues(a: Value, b: Value): number | undefined {
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== undefined && y !== undefined) return compareNumbers(x, y);
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b);
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  return compareInstances(a, b);
}

function compareInstances(a: Value, b: Value): number | undefined {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return compareBytes(a, b);
  if (a instanceof Timestamp && b instanceof Timestamp) return compareNumbers(a.nanos, b.nanos);
  if (a instanceof Duration && b instanceof Duration) return compareNumbers(a.nanos, b.nanos);
  return undefined;
}

function compareNumbers(a: number | bigint, b: number | bigint): number {
  if (a < b) return -1;
  if (a > b) return 1;
  return a >= b ? 0 : NaN;
}

function numberOf(value: Value): number | bigint | undefined {
  if (typeof value === 'bigint' || typeof value === 'number') return value;
  return value instanceof Uint ? value.value : undefined;
}

/** By code point, as bytes of UTF-8 are ordered; JavaScript's own order differs beyond the 16-bit plane. */
function compareTexts(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  let at = 0;
  while (at < length && a.charCodeAt(at) === b.charCodeAt(at)) at += 1;
  if (at === length) return a.length - b.length;
  // Both may have stopped inside of a pair whose first half is the same.
  if (at > 0 && isHighSurrogate(a.charCodeAt(at - 1))) at -= 1;
  return a.codePointAt(at)! - b.codePointAt(at)!;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) if (a[at] !== b[at]) return a[at]! - b[at]!;
  return a.length - b.length;
}
