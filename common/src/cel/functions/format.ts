import { CelError } from '../cel-error.js';
import type { Budget } from '../budget.js';
import {
  Duration,
  isList,
  isMap,
  Timestamp,
  typeNameOf,
  TypeValue,
  Uint,
  type Value,
  type ValueMap,
} from '../values.js';
import { doubleText, exponentForm, splitExponent } from './number-text.js';
import { durationText, timestampText } from './time-text.js';

const clause = /%(?:%|(?:\.(\d{1,3}))?([a-zA-Z]))?/g;

/** `text.format(args)` of cel-go: %s %d %f %e %b %x %X %o and %%, with a precision for %f and %e. */
export function formatText(text: string, args: readonly Value[], budget: Budget): string {
  let next = 0;
  let length = text.length;
  const take = (): Value => {
    const arg = args[next++];
    if (arg === undefined) throw new CelError(`index ${next - 1} out of range`);
    return arg;
  };
  return text.replaceAll(clause, (found: string, precision: string | undefined, verb: string | undefined) => {
    if (found === '%%') return '%';
    if (!verb) throw new CelError('unexpected end of formatting clause: expected a verb');
    const written = formatOne(verb, take(), precision === undefined ? 6 : Number(precision));
    length += written.length;
    budget.spendOn(length);
    return written;
  });
}

function formatOne(verb: string, value: Value, precision: number): string {
  switch (verb) {
    case 's':
      return show(value);
    case 'd':
      return decimal(value);
    case 'f':
      return special(value) ?? numberOf('fixed-point', value).toFixed(precision);
    case 'e':
      return special(value) ?? scientific(numberOf('scientific notation', value), precision);
    case 'b':
      return typeof value === 'boolean' ? String(Number(value)) : inBase('binary', value, 2);
    case 'o':
      return inBase('octal', value, 8);
    case 'x':
      return hex(value);
    case 'X':
      return hex(value).toUpperCase();
    default:
      throw new CelError(`unrecognized formatting clause "${verb}"`);
  }
}

function show(value: Value): string {
  if (value === null) return 'null';
  if (typeof value === 'number') return doubleText(value);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (value instanceof Timestamp) return timestampText(value);
  if (value instanceof Duration) return durationText(value);
  if (value instanceof TypeValue) return value.typeName;
  if (isList(value)) return `[${value.map(show).join(', ')}]`;
  if (isMap(value)) return showMap(value);
  if (typeof value === 'object') return refuse('string', value);
  return String(value);
}

function showMap(map: ValueMap): string {
  const entries = [...map].map(([key, value]): [string, string] => [String(key), show(value)]);
  const sorted = entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([key, value]) => `${key}: ${value}`).join(', ')}}`;
}

function decimal(value: Value): string {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint) return String(value.value);
  if (typeof value === 'number') return special(value) ?? doubleText(value);
  return refuse('decimal', value);
}

function special(value: Value): string | undefined {
  if (typeof value !== 'number' || Number.isFinite(value)) return undefined;
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
}

function scientific(value: number, precision: number): string {
  const { mantissa, exponent } = splitExponent(value.toExponential(Math.min(precision, 100)));
  return exponentForm(mantissa, exponent);
}

function numberOf(verb: string, value: Value): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  return value instanceof Uint ? Number(value.value) : refuse(verb, value);
}

function inBase(verb: string, value: Value, base: number): string {
  if (typeof value === 'bigint') return value.toString(base);
  return value instanceof Uint ? value.value.toString(base) : refuse(verb, value);
}

function hex(value: Value): string {
  if (typeof value === 'string') return Buffer.from(value, 'utf8').toString('hex');
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return inBase('hex', value, 16);
}

function refuse(verb: string, value: Value): never {
  throw new CelError(`error during formatting: ${verb} clause cannot be used on ${typeNameOf(value)}`);
}
