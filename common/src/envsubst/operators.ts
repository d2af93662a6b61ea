import { compileGlob, matchingPrefixes } from '../glob/glob.js';

type Operator = (value: string, args: readonly string[]) => string;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Operators that cope with a variable that is not set; all of them act like a default (flux-compat 3.5). */
export function isDefaultOperator(operator: string): boolean {
  return [':=', '=', ':-', ':?', ':+'].includes(operator);
}

/** What `${name<operator>args}` makes of a value. An operator that is unknown, like `^,`, changes nothing. */
export function applyOperator(operator: string, value: string, args: readonly string[]): string {
  if (operator === '#' && args.length === 0) return String(byteLength(value));
  return (operators[operator] ?? orDefault)(value, args);
}

const operators: Readonly<Record<string, Operator>> = {
  '^': (value) => changeFirst(value, upper),
  '^^': (value) => Array.from(value, upper).join(''),
  ',': (value) => changeFirst(value, lower),
  ',,': (value) => Array.from(value, lower).join(''),
  ':': substring,
  '#': (value, [pattern]) => trimPrefix(value, pattern, 'shortest'),
  '##': (value, [pattern]) => trimPrefix(value, pattern, 'longest'),
  '%': (value, [pattern]) => trimSuffix(value, pattern, 'shortest'),
  '%%': (value, [pattern]) => trimSuffix(value, pattern, 'longest'),
  '/': (value, [pattern = '', text = '']) => replaceFirst(value, pattern, text),
  '//': (value, [pattern = '', text = '']) => replaceAll(value, pattern, text),
  '/#': (value, args) =>
    args.length === 2 && value.startsWith(args[0]!) ? args[1]! + value.slice(args[0]!.length) : value,
  '/%': (value, args) =>
    args.length === 2 && value.endsWith(args[0]!)
      ? value.slice(0, value.length - args[0]!.length) + args[1]!
      : value,
};

function orDefault(value: string, args: readonly string[]): string {
  return value === '' ? args.join('') : value;
}

function byteLength(value: string): number {
  return encoder.encode(value).length;
}

/** Letter by letter, and only where one letter becomes one letter: ß stays ß. */
function upper(char: string): string {
  const changed = char.toUpperCase();
  return Array.from(changed).length === 1 ? changed : char;
}

function lower(char: string): string {
  const changed = char.toLowerCase();
  return Array.from(changed).length === 1 ? changed : char;
}

function changeFirst(value: string, change: (char: string) => string): string {
  const first = String.fromCodePoint(value.codePointAt(0) ?? 0);
  return value === '' ? value : change(first) + value.slice(first.length);
}

function integer(text: string | undefined): number | undefined {
  const value = /^[-+]?[0-9]+$/.test(text ?? '') ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Positions are bytes. What is no number leaves the value as it is; a negative one counts from the end. */
function substring(value: string, [positionText, lengthText]: readonly string[]): string {
  const position = integer(positionText);
  const length = lengthText === undefined ? Infinity : integer(lengthText);
  if (position === undefined || length === undefined) return value;
  const bytes = encoder.encode(value);
  const start = position < 0 ? Math.max(bytes.length + position, 0) : position;
  const end = length < 0 ? bytes.length + length : Math.min(start + length, bytes.length);
  return end <= start ? '' : decoder.decode(bytes.subarray(start, end));
}

function replaceFirst(value: string, pattern: string, text: string): string {
  const at = value.indexOf(pattern);
  return at < 0 ? value : value.slice(0, at) + text + value.slice(at + pattern.length);
}

/** An empty pattern stands before, between and behind all characters. */
function replaceAll(value: string, pattern: string, text: string): string {
  if (pattern !== '') return value.split(pattern).join(text);
  return text + Array.from(value, (char) => char + text).join('');
}

function trimPrefix(value: string, pattern: string | undefined, which: 'shortest' | 'longest'): string {
  const chars = Array.from(value);
  const length = prefixLength(chars, pattern ?? '', which);
  return length === 0 ? value : chars.slice(length).join('');
}

/** The suffix is a prefix of the text read backwards, and so is the pattern. */
function trimSuffix(value: string, pattern: string | undefined, which: 'shortest' | 'longest'): string {
  const backwards = Array.from(value).toReversed();
  const length = prefixLength(
    backwards,
    Array.from(pattern ?? '')
      .toReversed()
      .join(''),
    which,
  );
  return length === 0 ? value : backwards.slice(length).toReversed().join('');
}

/** A malformed pattern matches nothing. */
function prefixLength(chars: readonly string[], pattern: string, which: 'shortest' | 'longest'): number {
  const glob = compileGlob(pattern);
  return (glob && matchingPrefixes(glob, chars)?.[which]) ?? 0;
}
