import { CelError } from '../cel-error.js';
import { asInt, asUint } from '../numbers.js';
import { fn, type NamedOverload } from '../signatures.js';
import { Duration, Timestamp, TypeValue, typeNameOf, Uint, type Value } from '../values.js';
import { doubleText } from './number-text.js';
import { durationText, parseDuration, parseTimestamp, timestampText } from './time-text.js';

const truths = new Map([
  ...['1', 't', 'true', 'TRUE', 'True'].map((text): [string, boolean] => [text, true]),
  ...['0', 'f', 'false', 'FALSE', 'False'].map((text): [string, boolean] => [text, false]),
]);

const time = 'google.protobuf.Timestamp';
const span = 'google.protobuf.Duration';

/** Conversions between the types (the standard library of CEL). */
export const conversionFunctions: readonly NamedOverload[] = [
  fn<[Value]>('dyn(T): dyn', ([value]) => value),
  fn<[Value]>('type(T): type', ([value]) => new TypeValue(typeNameOf(value))),
  fn<[boolean]>('bool(bool): bool', ([value]) => value),
  fn<[string]>('bool(string): bool', ([text]) => truths.get(text) ?? refuse(text, 'bool')),
  fn<[bigint]>('int(int): int', ([value]) => value),
  fn<[Uint]>('int(uint): int', ([{ value }]) => asInt(value)),
  fn<[number]>('int(double): int', ([value]) => asInt(truncated(value))),
  fn<[string]>('int(string): int', ([text]) => asInt(integerOf(text, /^[+-]?\d+$/, 'int'))),
  fn<[Timestamp]>(`int(${time}): int`, ([{ nanos }]) => BigInt.asIntN(64, secondsOf(nanos))),
  fn<[Duration]>(`int(${span}): int`, ([{ nanos }]) => nanos),
  fn<[Uint]>('uint(uint): uint', ([value]) => value),
  fn<[bigint]>('uint(int): uint', ([value]) => asUint(value)),
  fn<[number]>('uint(double): uint', ([value]) => asUint(truncated(value))),
  fn<[string]>('uint(string): uint', ([text]) => asUint(integerOf(text, /^\d+$/, 'uint'))),
  fn<[number]>('double(double): double', ([value]) => value),
  fn<[bigint]>('double(int): double', ([value]) => Number(value)),
  fn<[Uint]>('double(uint): double', ([{ value }]) => Number(value)),
  fn<[string]>('double(string): double', ([text]) => doubleOf(text)),
  fn<[string]>('string(string): string', ([value]) => value),
  fn<[boolean]>('string(bool): string', ([value]) => String(value)),
  fn<[bigint]>('string(int): string', ([value]) => String(value)),
  fn<[Uint]>('string(uint): string', ([{ value }]) => String(value)),
  fn<[number]>('string(double): string', ([value]) => doubleText(value)),
  fn<[Uint8Array]>('string(bytes): string', ([value]) => textOf(value)),
  fn<[Timestamp]>(`string(${time}): string`, ([value]) => timestampText(value)),
  fn<[Duration]>(`string(${span}): string`, ([value]) => durationText(value)),
  fn<[Uint8Array]>('bytes(bytes): bytes', ([value]) => value),
  fn<[string]>('bytes(string): bytes', ([text], budget) => {
    budget.spendOn(text.length);
    return new TextEncoder().encode(text);
  }),
  fn<[Timestamp]>(`timestamp(${time}): ${time}`, ([value]) => value),
  fn<[string]>(`timestamp(string): ${time}`, ([text]) => parseTimestamp(text)),
  fn<[bigint]>(`timestamp(int): ${time}`, ([seconds]) => new Timestamp(seconds * 1_000_000_000n)),
  fn<[Duration]>(`duration(${span}): ${span}`, ([value]) => value),
  fn<[string]>(`duration(string): ${span}`, ([text]) => parseDuration(text)),
  fn<[bigint]>(`duration(int): ${span}`, ([nanos]) => new Duration(nanos)),
];

function refuse(value: string, type: string): never {
  throw new CelError(`type conversion error from '${value}' to '${type}'`);
}

function integerOf(text: string, form: RegExp, type: string): bigint {
  if (!form.test(text) || text.length > 40) return refuse(text.slice(0, 100), type);
  return BigInt(text.replace(/^\+/, ''));
}

function truncated(value: number): bigint {
  if (!Number.isFinite(value)) throw new CelError('integer overflow');
  return BigInt(Math.trunc(value));
}

function doubleOf(text: string): number {
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
  if (special) return /nan/i.test(text) ? NaN : special[1] === '-' ? -Infinity : Infinity;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return refuse(text.slice(0, 100), 'double');
  return Number(text);
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CelError('invalid UTF-8 in bytes, cannot convert to string');
  }
}

/** Rounded down, as Go's Unix() does. */
function secondsOf(nanos: bigint): bigint {
  const seconds = nanos / 1_000_000_000n;
  return nanos < 0n && nanos % 1_000_000_000n !== 0n ? seconds - 1n : seconds;
}
