import { CelError } from './cel-error.js';
import { isList, isMap, keyOf, Optional, typeNameOf, type Value } from './values.js';

/** `value.name`. Of an optional value it is optional, too. @throws CelError when there is none */
export function selectField(value: Value, name: string): Value {
  if (value instanceof Optional) return findField(value, name);
  const found = fieldOf(value, name);
  if (found === undefined) throw new CelError(`no such key: ${name}`);
  return found;
}

/** `value.?name`. */
export function findField(value: Value, name: string): Optional {
  const holder = value instanceof Optional ? value.content : value;
  return holder === undefined ? Optional.none : optional(fieldOf(holder, name));
}

/** `has(value.name)`. */
export function hasField(value: Value, name: string): boolean {
  return findField(value, name).content !== undefined;
}

/** `value[index]`. @throws CelError when there is none */
export function selectIndex(value: Value, index: Value): Value {
  if (value instanceof Optional) return findIndex(value, index);
  const found = itemOf(value, index);
  if (found !== undefined) return found;
  const shown = String(keyOf(index) ?? typeNameOf(index));
  throw new CelError(isList(value) ? `index out of bounds: ${shown}` : `no such key: ${shown}`);
}

/** `value[?index]`. */
export function findIndex(value: Value, index: Value): Optional {
  const holder = value instanceof Optional ? value.content : value;
  return holder === undefined ? Optional.none : optional(itemOf(holder, index));
}

function optional(content: Value | undefined): Optional {
  return content === undefined ? Optional.none : new Optional(content);
}

function fieldOf(value: Value, name: string): Value | undefined {
  if (isMap(value)) return value.get(name);
  throw new CelError(`no such overload: field ${name} of ${typeNameOf(value)}`);
}

function itemOf(value: Value, index: Value): Value | undefined {
  const key = keyOf(index);
  if (isList(value)) {
    if (typeof key !== 'bigint') throw new CelError(`unsupported index type '${typeNameOf(index)}' in list`);
    return key < 0n ? undefined : value[Number(key)];
  }
  if (!isMap(value)) throw new CelError(`no such overload: index of ${typeNameOf(value)}`);
  return key === undefined ? undefined : value.get(key);
}
