import { CelError } from '../cel-error.js';
import type { Budget } from '../budget.js';
import { isEqual } from '../compare.js';
import { fn, method, type NamedOverload } from '../signatures.js';
import { isList, isMap, Optional, Uint, type Value, type ValueMap } from '../values.js';

type List = readonly Value[];
type Lists = [List, List];

const sized = ['string', 'bytes', 'list(T)', 'map(K, V)'];

/** `size`, the sets and encoders extensions, and the methods of optional values. */
export const collectionFunctions: readonly NamedOverload[] = [
  ...sized.flatMap((type) => [
    fn<[Sized]>(`size(${type}): int`, ([value], budget) => sizeOf(value, budget)),
    method<[Sized]>(type, 'size(): int', ([value], budget) => sizeOf(value, budget)),
  ]),
  fn<Lists>('sets.contains(list(T), list(T)): bool', ([list, part], budget) => holdsAll(list, part, budget)),
  fn<Lists>(
    'sets.equivalent(list(T), list(T)): bool',
    ([a, b], budget) => holdsAll(a, b, budget) && holdsAll(b, a, budget),
  ),
  fn<Lists>('sets.intersects(list(T), list(T)): bool', ([a, b], budget) =>
    a.some((item) => includes(b, item, budget)),
  ),
  fn<[Uint8Array]>('base64.encode(bytes): string', ([bytes], budget) => {
    budget.spendOn(bytes.length * 2);
    return Buffer.from(bytes).toString('base64');
  }),
  fn<[string]>('base64.decode(string): bytes', ([text], budget) => decode(text, budget)),
];

/** Values that may be absent, e.g. of `object.?field` (the optional types of CEL). */
export const optionalFunctions: readonly NamedOverload[] = [
  fn<[Value]>('optional.of(T): optional_type(T)', ([value]) => new Optional(value)),
  fn<[Value]>('optional.ofNonZeroValue(T): optional_type(T)', ([value]) =>
    isZero(value) ? Optional.none : new Optional(value),
  ),
  fn<[]>('optional.none(): optional_type(T)', () => Optional.none),
  fn<[List]>('optional.unwrap(list(optional_type(T))): list(T)', ([list], budget) => unwrap(list, budget)),
  method<[List]>('list(optional_type(T))', 'unwrapOpt(): list(T)', ([list], budget) => unwrap(list, budget)),
  method<[Optional]>('optional_type(T)', 'hasValue(): bool', ([{ content }]) => content !== undefined),
  method<[Optional]>('optional_type(T)', 'value(): T', ([{ content }]) => {
    if (content === undefined) throw new CelError('optional.none() dereference');
    return content;
  }),
  method<[List]>('list(T)', 'first(): optional_type(T)', ([list]) => new Optional(list[0])),
  method<[List]>('list(T)', 'last(): optional_type(T)', ([list]) => new Optional(list.at(-1))),
];

type Sized = string | Uint8Array | List | ValueMap;

function sizeOf(value: Sized, budget: Budget): bigint {
  if (value instanceof Map) return BigInt(value.size);
  if (typeof value !== 'string') return BigInt((value as Uint8Array | List).length);
  budget.spendOn(value.length);
  return BigInt(Array.from(value).length);
}

/** True when an item of the list is equal to the value. */
export function includes(list: List, value: Value, budget: Budget): boolean {
  return list.some((item) => {
    budget.spend(1);
    return isEqual(item, value, budget);
  });
}

function holdsAll(list: List, part: List, budget: Budget): boolean {
  return part.every((item) => includes(list, item, budget));
}

function decode(text: string, budget: Budget): Uint8Array {
  budget.spendOn(text.length);
  const valid = /^[A-Za-z0-9+/]*={0,2}$/.test(text) && (!text.includes('=') || text.length % 4 === 0);
  if (!valid || text.replace(/=+$/, '').length % 4 === 1) throw new CelError('illegal base64 data');
  return Buffer.from(text, 'base64');
}

function unwrap(list: List, budget: Budget): Value[] {
  budget.spendOn(list.length);
  return list.flatMap((item) => {
    if (!(item instanceof Optional)) throw new CelError('no such overload: optional.unwrap of other values');
    return item.content === undefined ? [] : [item.content];
  });
}

function isZero(value: Value): boolean {
  if (value === null || value === false || value === 0n || value === 0 || value === '') return true;
  if (value instanceof Uint) return value.value === 0n;
  if (isList(value) || value instanceof Uint8Array) return value.length === 0;
  return isMap(value) && value.size === 0;
}
