import { isDeepStrictEqual } from 'node:util';
import { isAlias, isCollection, isScalar, parse, stringify } from 'yaml';
import type { Node } from 'yaml';
import { ChangeError } from './change-error.js';
import type { Found } from './yaml-file.js';
import { dataOf, readYaml } from './yaml-file.js';

/** Replaces a stretch of a text. */
export function spliced(text: string, [start, end]: readonly [number, number], by: string): string {
  return text.slice(0, start) + by + text.slice(end);
}

/**
 * The text of a file in which one field has the value of another one. A plain value is exchanged where it stands, and
 * no other byte of the file changes; a map or a list makes the document be written anew, with its comments.
 * @throws ChangeError: the result would not be what was asked for
 */
export function withField(target: Found, source: Found): string {
  const value: unknown = source.node.toJS(source.document);
  if (isDeepStrictEqual(target.node.toJS(target.document), value)) return target.file.text;
  const [start, end] = target.node.range ?? [0, 0];
  const plain = isScalar(source.node) && !isCollection(target.node) && isInline(target.node);
  const text = plain
    ? spliced(target.file.text, [start, end], scalarText(source, target, start === end))
    : rewritten(target, value);
  return checked(target, value, text);
}

/** How a value is written in the place of another: in its quotes, or without where nobody could misread it. */
export function writtenLike(value: string, old: string): string {
  if (old.startsWith("'") && !/[\n\r]/.test(value)) return `'${value.replaceAll("'", "''")}'`;
  if (old.startsWith('"')) return JSON.stringify(value);
  return isPlainSafe(value) ? value : JSON.stringify(value);
}

/** The file after an edit. @throws ChangeError: something else has changed, or the value is not there */
export function checked(
  { file, document, keys }: Pick<Found, 'file' | 'document' | 'keys'>,
  value: unknown,
  text: string,
): string {
  const expected = dataOf(file).map((data, index) =>
    file.documents[index] === document ? replaced(structuredClone(data), keys, value) : data,
  );
  if (!isDeepStrictEqual(dataOf(readYaml(file.name, text)), expected))
    throw new ChangeError(`${file.name}: /${keys.join('/')} cannot be set without changing something else`);
  return text;
}

function isInline(node: Node): boolean {
  return isAlias(node) || (isScalar(node) && node.type !== 'BLOCK_FOLDED' && node.type !== 'BLOCK_LITERAL');
}

function scalarText(source: Found, target: Found, empty: boolean): string {
  const { node } = source;
  const [from, to] = node.range ?? [0, 0];
  const [start, end] = target.node.range ?? [0, 0];
  const before = isScalar(node) && node.type === 'PLAIN' ? source.file.text.slice(from, to) : undefined;
  const value: unknown = isScalar(node) ? node.value : null;
  // An empty value has no blank between itself and the colon.
  const gap = empty && !/\s$/.test(target.file.text.slice(0, start)) ? ' ' : '';
  // What is read as a number or a date here, and maybe as something else elsewhere, stays as it is written.
  if (before !== undefined && !isPlainSafe(before)) return gap + (before === '' ? 'null' : before);
  const text = typeof value === 'string' ? value : String(value);
  return gap + writtenLike(text, isAlias(target.node) ? '' : target.file.text.slice(start, end));
}

/** A text that every reader of YAML takes for the same text, also between brackets. */
function isPlainSafe(text: string): boolean {
  if (!/^[A-Za-z0-9_./@+-][A-Za-z0-9_./@:+-]*$/.test(text)) return false;
  return [{ version: '1.1', lineWidth: 0 } as const, { version: '1.2', lineWidth: 0 } as const].every(
    (options) => stringify(text, options) === `${text}\n` && parse(text, options) === text,
  );
}

function rewritten({ document, keys, file }: Found, value: unknown): string {
  const copy = document.clone();
  copy.setIn(keys, copy.createNode(value));
  const indentSeq = !/^(\s*)[^\s#-][^\n]*:\s*\n\1-/m.test(file.text);
  const parts = file.documents.map((one) =>
    one === document ? copy.toString({ lineWidth: 0, indentSeq }) : file.text.slice(...boundsOf(one)),
  );
  if (file.documents.length === 1) return parts[0] ?? '';
  return parts.map((part) => part.replace(/^---\n/, '').replace(/\n*$/, '\n')).join('---\n');
}

function boundsOf({
  range,
}: {
  readonly range?: readonly [number, number, number] | null;
}): [number, number] {
  return [range?.[0] ?? 0, range?.[2] ?? 0];
}

function replaced(data: unknown, keys: readonly (string | number)[], value: unknown): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) return value;
  const holder = data as Record<string | number, unknown>;
  holder[key] = replaced(holder[key], rest, value);
  return holder;
}
