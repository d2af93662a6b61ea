import { CelError } from '../cel-error.js';
import { fn, method, type NamedOverload } from '../signatures.js';
import type { Budget } from '../budget.js';
import type { Value } from '../values.js';
import { formatText } from './format.js';

/** Texts are counted in code points, whatever JavaScript thinks of them. */
type Text = [string];
type TextAndInt = [string, bigint];
type Texts = [string, string];
type TextsAndInt = [string, string, bigint];

/** Methods of texts of the standard library. */
const standard: readonly NamedOverload[] = [
  method<Texts>(
    'string',
    'contains(string): bool',
    read(([text, part]) => text.includes(part)),
  ),
  method<Texts>(
    'string',
    'startsWith(string): bool',
    read(([text, part]) => text.startsWith(part)),
  ),
  method<Texts>(
    'string',
    'endsWith(string): bool',
    read(([text, part]) => text.endsWith(part)),
  ),
  method<Texts>('string', 'matches(string): bool', ([text, pattern], budget) =>
    budget.matches(text, pattern),
  ),
  fn<Texts>('matches(string, string): bool', ([text, pattern], budget) => budget.matches(text, pattern)),
];

/** The strings extension of cel-go. */
const extension: readonly NamedOverload[] = [
  method<TextAndInt>('string', 'charAt(int): string', read(charAt)),
  method<Texts>(
    'string',
    'indexOf(string): int',
    read(([text, part]) => indexOf(text, part, 0n)),
  ),
  method<TextsAndInt>(
    'string',
    'indexOf(string, int): int',
    read((args) => indexOf(...args)),
  ),
  method<Texts>(
    'string',
    'lastIndexOf(string): int',
    read(([text, part]) => lastIndexOf(text, part)),
  ),
  method<TextsAndInt>(
    'string',
    'lastIndexOf(string, int): int',
    read((args) => lastIndexOf(...args)),
  ),
  method<Text>(
    'string',
    'lowerAscii(): string',
    read(([text]) => text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())),
  ),
  method<Text>(
    'string',
    'upperAscii(): string',
    read(([text]) => text.replaceAll(/[a-z]/g, (letter) => letter.toUpperCase())),
  ),
  method<[string, string, string]>('string', 'replace(string, string): string', ([text, from, to], budget) =>
    replace(text, from, to, -1n, budget),
  ),
  method<[string, string, string, bigint]>(
    'string',
    'replace(string, string, int): string',
    ([text, from, to, limit], budget) => replace(text, from, to, limit, budget),
  ),
  method<Texts>(
    'string',
    'split(string): list(string)',
    read(([text, by]) => split(text, by, -1n)),
  ),
  method<TextsAndInt>(
    'string',
    'split(string, int): list(string)',
    read((args) => split(...args)),
  ),
  method<TextAndInt>(
    'string',
    'substring(int): string',
    read(([text, start]) => substring(text, start)),
  ),
  method<[string, bigint, bigint]>(
    'string',
    'substring(int, int): string',
    read((args) => substring(...args)),
  ),
  method<Text>(
    'string',
    'trim(): string',
    read(([text]) => text.replace(/^\p{White_Space}+/u, '').replace(/\p{White_Space}+$/u, '')),
  ),
  method<Text>(
    'string',
    'reverse(): string',
    read(([text]) => pointsOf(text).toReversed().join('')),
  ),
  method<[readonly Value[]]>('list(string)', 'join(): string', ([parts], budget) =>
    joined(parts, '', budget),
  ),
  method<[readonly Value[], string]>('list(string)', 'join(string): string', ([parts, by], budget) =>
    joined(parts, by, budget),
  ),
  method<[string, readonly Value[]]>('string', 'format(list(dyn)): string', ([text, args], budget) =>
    formatText(text, args, budget),
  ),
  fn<Text>(
    'strings.quote(string): string',
    read(([text]) => quote(text)),
  ),
];

export const textFunctions: readonly NamedOverload[] = [...standard, ...extension];

/** Pays for reading the texts among the arguments. */
function read<Args extends readonly Value[]>(
  call: (args: Args) => Value,
): (args: Args, budget: Budget) => Value {
  return (args, budget) => {
    for (const arg of args) if (typeof arg === 'string') budget.spendOn(arg.length);
    return call(args);
  };
}

function pointsOf(text: string): string[] {
  return Array.from(text);
}

function outOfRange(at: bigint): never {
  throw new CelError(`index out of range: ${at}`);
}

function charAt([text, at]: TextAndInt): string {
  const points = pointsOf(text);
  if (at < 0n || at > BigInt(points.length)) return outOfRange(at);
  return points[Number(at)] ?? '';
}

function indexOf(text: string, part: string, from: bigint): bigint {
  if (part === '') return from;
  if (from < 0n) return outOfRange(from);
  const points = pointsOf(text);
  if (from >= BigInt(points.length)) return -1n;
  const start = points.slice(0, Number(from)).join('').length;
  const at = text.indexOf(part, start);
  return at < 0 ? -1n : BigInt(pointsOf(text.slice(0, at)).length);
}

function lastIndexOf(text: string, part: string, from?: bigint): bigint {
  const points = pointsOf(text);
  if (part === '') return from ?? BigInt(points.length);
  if (from !== undefined && from < 0n) return outOfRange(from);
  if (from !== undefined && from >= BigInt(points.length)) return -1n;
  const last = from === undefined ? text.length : points.slice(0, Number(from)).join('').length;
  const at = text.lastIndexOf(part, last);
  return at < 0 ? -1n : BigInt(pointsOf(text.slice(0, at)).length);
}

function substring(text: string, start: bigint, end?: bigint): string {
  const points = pointsOf(text);
  const length = BigInt(points.length);
  const stop = end ?? length;
  if (start > stop && end !== undefined) {
    throw new CelError(`invalid substring range. start: ${start}, end: ${end}`);
  }
  if (start < 0n || start > length) return outOfRange(start);
  if (stop < 0n || stop > length) return outOfRange(stop);
  return points.slice(Number(start), Number(stop)).join('');
}

function split(text: string, by: string, limit: bigint): string[] {
  if (limit === 0n) return [];
  const parts = by === '' ? pointsOf(text) : text.split(by);
  if (limit < 0n || BigInt(parts.length) <= limit) return parts;
  const kept = Number(limit) - 1;
  return [...parts.slice(0, kept), parts.slice(kept).join(by)];
}

function replace(text: string, from: string, to: string, limit: bigint, budget: Budget): string {
  budget.spendOn(text.length);
  if (limit === 0n) return text;
  // An empty text is found before every character and at the end.
  const parts =
    from === '' ? ['', ...pointsOf(text), ''].slice(0, text === '' ? 2 : undefined) : text.split(from);
  const count = limit < 0n ? parts.length - 1 : Math.min(parts.length - 1, Number(limit));
  budget.spendOn(text.length + count * to.length);
  const rest = parts.slice(count).join(from);
  return [...parts.slice(0, count), rest].join(to);
}

function joined(parts: readonly Value[], by: string, budget: Budget): string {
  const texts: string[] = [];
  let length = 0;
  for (const part of parts) {
    if (typeof part !== 'string')
      throw new CelError('no such overload: join of a list that does not hold texts');
    texts.push(part);
    length += part.length + by.length;
  }
  budget.spendOn(length);
  return texts.join(by);
}

const escapes: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

function quote(text: string): string {
  return `"${pointsOf(text.replaceAll(/\p{Surrogate}/gu, '\ufffd'))
    .map((sign) => escapes[sign] ?? sign)
    .join('')}"`;
}
