/** What an expression works with. Integers are bigint, doubles are number; maps keep the kind of their keys. */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | Uint
  | Timestamp
  | Duration
  | TypeValue
  | Optional
  | readonly Value[]
  | ValueMap;

/** Unsigned keys are kept as bigint, since `1u` and `1` name the same entry. */
export type ValueMap = ReadonlyMap<string | bigint | boolean, Value>;

/** An unsigned 64-bit integer. */
export class Uint {
  constructor(readonly value: bigint) {}
}

/** A moment, in nanoseconds since the epoch. */
export class Timestamp {
  constructor(readonly nanos: bigint) {}
}

/** A length of time, in nanoseconds. */
export class Duration {
  constructor(readonly nanos: bigint) {}
}

/** What `type(x)` gives. */
export class TypeValue {
  constructor(readonly typeName: string) {}
}

/** A value that may not be there. */
export class Optional {
  static readonly none = new Optional(undefined);

  constructor(readonly content: Value | undefined) {}
}

/** Reads JSON: whole numbers are integers, as in Kubernetes objects, and the keys of maps are texts. */
export function valueOfJson(json: unknown): Value {
  if (json === undefined || json === null) return null;
  if (typeof json === 'number') return Number.isSafeInteger(json) ? BigInt(json) : json;
  if (typeof json === 'string' || typeof json === 'boolean' || typeof json === 'bigint') return json;
  if (Array.isArray(json)) return json.map(valueOfJson);
  return new Map(Object.entries(json).map(([key, value]) => [key, valueOfJson(value)]));
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

export function isMap(value: Value): value is ValueMap {
  return value instanceof Map;
}

/** The name of the value's type as CEL writes it. */
export function typeNameOf(value: Value): string {
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return 'double';
    case 'string':
      return 'string';
  }
  if (value === null) return 'null_type';
  if (isList(value)) return 'list';
  if (isMap(value)) return 'map';
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof Uint) return 'uint';
  if (value instanceof Timestamp) return 'google.protobuf.Timestamp';
  if (value instanceof Duration) return 'google.protobuf.Duration';
  return value instanceof Optional ? 'optional_type' : 'type';
}

/** The entry key that a value names; undefined for values that name none. */
export function keyOf(value: Value): string | bigint | boolean | undefined {
  if (typeof value === 'string' || typeof value === 'bigint' || typeof value === 'boolean') return value;
  if (value instanceof Uint) return value.value;
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : undefined;
}
