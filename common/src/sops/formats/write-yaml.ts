import { numberText } from '../../yaml/number-text.js';
import { scalarStyle } from '../../yaml/scalar-style.js';
import { writeScalar } from '../../yaml/write-scalar.js';
import { isBranch, isComment, isList, type SopsBranch, type SopsItem, type SopsValue } from '../tree.js';

/** Longer keys need the explicit form `? key`. */
const maxSimpleKey = 128;
const step = 4;

/**
 * Writes YAML documents the way SOPS does: keys in their order, steps of four spaces, lists indented, lines never
 * folded. A Secret that a generator makes from the file has the same content, and so the same name, as with SOPS.
 */
export function writeYaml(documents: readonly SopsBranch[]): string {
  return documents.map((branch) => writeDocument(branch)).join('---\n');
}

function writeDocument(branch: SopsBranch): string {
  const lines = new Lines();
  if (branch.items.length === 0) return '{}\n';
  writeMapping(lines, branch, 0);
  return lines.toString();
}

/** Lines that are written from left to right; the first entry of a mapping in a list goes on in the line of the dash. */
class Lines {
  readonly #done: string[] = [];
  #current: string | undefined;

  /** Starts a line at a column; in a line that ends there already, goes on. */
  startAt(column: number): void {
    if (this.#current?.length === column && this.#current.endsWith('- ')) return;
    this.end();
    this.#current = ' '.repeat(column);
  }

  add(text: string): void {
    this.#current = (this.#current ?? '') + text;
  }

  end(): void {
    if (this.#current !== undefined) this.#done.push(`${this.#current}\n`);
    this.#current = undefined;
  }

  toString(): string {
    this.end();
    return this.#done.join('');
  }
}

function writeMapping(lines: Lines, { items }: SopsBranch, column: number): void {
  for (const item of items) {
    if (isComment(item)) writeComment(lines, item.text, column);
    else writeEntry(lines, item, column);
  }
}

/** Where the further lines of a scalar start, and where what holds it does. */
interface Place {
  readonly indent: number;
  readonly parent: number;
}

type Entry = Exclude<SopsItem, { kind: string }>;

function writeEntry(lines: Lines, { key, value }: Entry, column: number): void {
  lines.startAt(column);
  const text = writeText(key, true, { indent: column, parent: column });
  if (key.length > maxSimpleKey || key.includes('\n')) {
    lines.add(`? ${text}`);
    lines.startAt(column);
    lines.add(':');
  } else {
    lines.add(`${text}:`);
  }
  writeValue(lines, value, { indent: nextStep(column), parent: column });
}

/** Lists and mappings that have entries begin on lines of their own. */
function writeValue(lines: Lines, value: SopsValue, place: Place): void {
  if (isBranch(value) && value.items.length > 0) {
    lines.end();
    writeMapping(lines, value, place.indent);
  } else if (isList(value) && value.length > 0) {
    lines.end();
    writeList(lines, value, place.indent);
  } else {
    lines.add(` ${writeScalarValue(value, place)}`);
  }
}

function writeList(lines: Lines, items: readonly SopsValue[], column: number): void {
  for (const item of items) {
    if (isComment(item)) {
      writeComment(lines, item.text, column);
      continue;
    }
    lines.startAt(column);
    lines.add('- ');
    if (isBranch(item) && item.items.length > 0) writeMapping(lines, item, column + 2);
    else if (isList(item) && item.length > 0) writeList(lines, item, column + 2);
    else lines.add(writeScalarValue(item, { indent: column + 2, parent: column }));
  }
}

function writeComment(lines: Lines, text: string, column: number): void {
  lines.end();
  for (const line of text.split('\n')) {
    lines.startAt(column);
    lines.add(`#${line}`);
  }
}

function writeScalarValue(value: SopsValue, place: Place): string {
  if (typeof value === 'string') return writeText(value, false, place);
  if (typeof value === 'number' || typeof value === 'bigint') return numberText(value);
  if (value instanceof Uint8Array) return `!!binary ${Buffer.from(value).toString('base64')}`;
  if (isList(value)) return '[]';
  return value !== null && typeof value === 'object' ? '{}' : String(value);
}

function writeText(text: string, isKey: boolean, place: Place): string {
  // A tab needs no escape here, but no plain scalar may hold one.
  const style = scalarStyle(text.replaceAll('\t', '.'), isKey);
  if (style === 'literal') return writeLiteral(text, place);
  const fitting = style === 'plain' && text.includes('\t') ? 'single' : style;
  return writeScalar(text, fitting, { column: 0, indent: place.indent, foldable: false });
}

function writeLiteral(text: string, { indent, parent }: Place): string {
  // A reader cannot tell the margin from a text that begins with space.
  const hint = /^[ \n]/.test(text) ? String(indent - parent) : '';
  const chomp = text.endsWith('\n\n') || text === '\n' ? '+' : text.endsWith('\n') ? '' : '-';
  const body = text.endsWith('\n') ? text.slice(0, -1) : text;
  const margin = ' '.repeat(indent);
  const lines = body.split('\n').map((line) => (line === '' ? '' : margin + line));
  return `|${hint}${chomp}\n${lines.join('\n')}`;
}

/** The next column that is a multiple of the step. */
function nextStep(column: number): number {
  return step * Math.floor((column + step) / step);
}
