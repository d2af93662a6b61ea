import { readFlow, readQuoted } from './everyday-flow.js';
import { readLiteral } from './everyday-literal.js';
import { everydayKey, everydayScalar } from './everyday-scalar.js';
import { indentOf, withoutIndent, withoutTrail } from './spaces.js';
import { giveUp, Unusual } from './unusual.js';

/**
 * Signs that no reader takes for anything but themselves, and line feeds. Tabs are looked at where they stand; what
 * lies beyond the basic plane, and the stand-in for bytes that are no UTF-8, are left to the full parser.
 */
// oxlint-disable-next-line no-control-regex -- control characters are the point
const strange = /[^\n\t\u0020-\u007e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffc]/;
const separator = /^--- *$/;
/** A plain key and its colon; other keys are quoted. */
const plainKey = /([A-Za-z0-9_./][A-Za-z0-9_./@-]*):(?= |$)/y;
/** What a plain scalar may not start with: each of them means something. */
const indicator = /^(?:[[\]{},#&*!|>'"%@`?:]|-(?: |$))/;
/** What ends a plain scalar or makes a key of it. */
const insideIndicator = /: |:$/;
const comment = /^#/;
const restOfLine = /^ *$|^ +#/;

/**
 * Reads the part of YAML in which people and programs write objects day by day, and of which all dialects and parsers
 * think the same: block mappings and lists, scalars on one line, literal blocks, brackets that end on their line. Gives
 * the value of each document in order, undefined for an empty one; or undefined when there is anything else in the text,
 * right or wrong: then the full parser has to say what it means.
 */
export function readEverydayYaml(text: string): unknown[] | undefined {
  if (strange.test(text)) return undefined;
  try {
    return new BlockReader(text).documents();
  } catch (error) {
    if (error instanceof Unusual) return undefined;
    throw error;
  }
}

/** Deep enough for every CRD. */
const maxDepth = 200;

class BlockReader {
  readonly #lines: string[];
  /** The current line, and what of it is still to be read: an item of a list leaves its rest as a line of its own. */
  #row = 0;
  #indent = 0;
  #text = '';

  constructor(text: string) {
    this.#lines = text.split('\n');
    // A block at the end of a text without a last line break is read in different ways.
    if (this.#lines.at(-1) === '') this.#lines.pop();
    else if (this.#lines.at(-1)?.startsWith(' ') && text.includes('|')) giveUp();
  }

  documents(): unknown[] {
    const values: unknown[] = [];
    this.#load();
    // Text before the first separator is a document, but nothing before it is none.
    if (this.#isEnd || !separator.test(this.#lines[this.#row] ?? '')) values.push(this.#document());
    while (!this.#isEnd) {
      this.#next();
      values.push(this.#document());
    }
    return values;
  }

  #document(): unknown {
    if (this.#isEnd || this.#isSeparator) return undefined;
    if (this.#indent !== 0) giveUp();
    const value = this.#text.startsWith('{') ? this.#scalar(-1, 0) : this.#mapping(0, 0);
    if (!this.#isEnd && !this.#isSeparator) giveUp();
    return value;
  }

  /** Fields that start at the column. */
  #mapping(column: number, depth: number): Record<string, unknown> {
    if (depth > maxDepth) giveUp();
    const fields: Record<string, unknown> = {};
    while (!this.#isEnd && this.#indent === column && !this.#isSeparator) {
      const key = this.#key();
      if (key === '__proto__' || key === '<<' || Object.hasOwn(fields, key)) giveUp();
      fields[key] = this.#value(column, depth, true);
    }
    if (!this.#isEnd && this.#indent > column) giveUp();
    return fields;
  }

  /** Reads `key:` and leaves what follows it in the line. */
  #key(): string {
    const text = this.#text;
    const first = text.charCodeAt(0);
    let key: string;
    let end: number;
    if (first === 34 || first === 39) {
      ({ value: key, end } = readQuoted(text, 0));
      if (text[end] !== ':' || (end + 1 < text.length && text[end + 1] !== ' ')) giveUp();
      end += 1;
    } else {
      plainKey.lastIndex = 0;
      const match = plainKey.exec(text) ?? giveUp();
      key = everydayKey(match[1] ?? '');
      end = match[0].length;
    }
    this.#text = withoutIndent(text.slice(end));
    return key;
  }

  /** What stands behind a key or the dash of an item: on the line, or below it. */
  #value(column: number, depth: number, isField: boolean): unknown {
    if (this.#text !== '' && !comment.test(this.#text)) return this.#scalar(column, depth);
    this.#next();
    if (this.#isEnd || this.#isSeparator) return null;
    // A list may stand at the column of its key.
    const isItem = this.#text === '-' || this.#text.startsWith('- ');
    if (isField && isItem && this.#indent === column) return this.#sequence(column, depth + 1);
    if (this.#indent <= column) return null;
    if (isItem) return this.#sequence(this.#indent, depth + 1);
    return this.#mapping(this.#indent, depth + 1);
  }

  #sequence(column: number, depth: number): unknown[] {
    if (depth > maxDepth) giveUp();
    const items: unknown[] = [];
    while (!this.#isEnd && this.#indent === column && (this.#text === '-' || this.#text.startsWith('- '))) {
      items.push(this.#item(column, depth));
    }
    if (!this.#isEnd && this.#indent > column) giveUp();
    return items;
  }

  #item(column: number, depth: number): unknown {
    const rest = withoutIndent(this.#text.slice(1));
    if (rest === '' || comment.test(rest)) {
      this.#text = '';
      return this.#value(column, depth, false);
    }
    const inner = column + this.#text.length - rest.length;
    this.#text = rest;
    if (rest === '-' || rest.startsWith('- ')) {
      this.#indent = inner;
      return this.#sequence(inner, depth + 1);
    }
    if (!startsWithKey(rest)) return this.#scalar(column, depth);
    this.#indent = inner;
    return this.#mapping(inner, depth + 1);
  }

  /** A value that starts on the line. `column` is that of the collection it belongs to. */
  #scalar(column: number, depth: number): unknown {
    if (depth > maxDepth) giveUp();
    const text = this.#text;
    const first = text.charCodeAt(0);
    if (first === 124) return this.#literal(column);
    const value = this.#inline(text, first);
    this.#next();
    // A line that goes on deeper would belong to the scalar.
    if (!this.#isEnd && this.#indent > column && !this.#isSeparator) giveUp();
    return value;
  }

  #inline(text: string, first: number): unknown {
    if (first === 34 || first === 39 || first === 91 || first === 123) {
      const { value, end } = first === 34 || first === 39 ? readQuoted(text, 0) : readFlow(text, 0);
      const rest = text.slice(end);
      if (!restOfLine.test(rest)) giveUp();
      return value;
    }
    if (indicator.test(text)) giveUp();
    const end = text.indexOf(' #');
    const scalar = withoutTrail(end < 0 ? text : text.slice(0, end));
    if (insideIndicator.test(scalar)) giveUp();
    return everydayScalar(scalar);
  }

  /** `|` and `|-`: the lines below that are deeper than the collection. */
  #literal(column: number): string {
    const { value, end } = readLiteral(this.#text, this.#lines, this.#row + 1, column);
    this.#row = end;
    this.#load();
    if (!this.#isEnd && this.#indent > column) giveUp();
    return value;
  }

  get #isEnd(): boolean {
    return this.#row >= this.#lines.length;
  }

  get #isSeparator(): boolean {
    return this.#indent === 0 && this.#text.startsWith('---') && separator.test(this.#text);
  }

  #next(): void {
    this.#row += 1;
    this.#load();
  }

  /** Makes the next line with content the current one. */
  #load(): void {
    for (; this.#row < this.#lines.length; this.#row++) {
      const line = this.#lines[this.#row]!;
      const indent = indentOf(line);
      const code = line.charCodeAt(indent);
      if (indent === line.length || code === 35) continue;
      // Tabs, a directive, the end of a document.
      if (line.includes('\t') || (indent === 0 && (code === 37 || line.startsWith('...')))) giveUp();
      this.#indent = indent;
      this.#text = line.slice(indent);
      return;
    }
    this.#indent = 0;
    this.#text = '';
  }
}

function startsWithKey(text: string): boolean {
  const first = text.charCodeAt(0);
  if (first === 34 || first === 39) {
    const { end } = readQuoted(text, 0);
    return text[end] === ':';
  }
  plainKey.lastIndex = 0;
  return plainKey.test(text);
}
