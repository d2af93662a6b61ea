import { unprintable, type ScalarStyle } from './scalar-style.js';

/** Lines are folded at the first space behind this column. */
const bestWidth = 80;

/** Where a scalar starts, and how its further lines are indented. */
export interface ScalarPlace {
  readonly column: number;
  readonly indent: number;
  /** Keys stay on one line. */
  readonly foldable: boolean;
}

/** Writes a string in a style that is known to fit (see `scalarStyle`). */
export function writeScalar(text: string, style: ScalarStyle, place: ScalarPlace): string {
  switch (style) {
    case 'plain':
      return fold(text, place, false);
    case 'single':
      return `'${fold(text.replaceAll("'", "''"), { ...place, column: place.column + 1 }, true)}'`;
    case 'double':
      return `"${foldDouble(text, { ...place, column: place.column + 1 })}"`;
    case 'literal':
      return literal(text, place.indent);
  }
}

/** Breaks at single spaces only: a reader turns the break back into one space. */
function fold(text: string, place: ScalarPlace, quoted: boolean): string {
  if (!place.foldable || place.column + text.length <= bestWidth) return text;
  const lineStart = `\n${' '.repeat(place.indent)}`;
  let out = '';
  let column = place.column;
  let i = 0;
  for (const char of text) {
    const inner = !quoted || (i > 0 && i < text.length - 1);
    if (char === ' ' && inner && column > bestWidth && text[i - 1] !== ' ' && text[i + 1] !== ' ') {
      out += lineStart;
      column = place.indent;
    } else {
      out += char;
      column += 1;
    }
    i += char.length;
  }
  return out;
}

function foldDouble(text: string, place: ScalarPlace): string {
  const plainEnough = !unprintable.test(text) && !/[\n"\\]/.test(text);
  if (plainEnough && (!place.foldable || place.column + text.length <= bestWidth)) return text;
  const lineStart = `\n${' '.repeat(place.indent)}`;
  let out = '';
  let column = place.column;
  let i = 0;
  for (const char of text) {
    const inner = i > 0 && i < text.length - 1;
    if (char === ' ' && place.foldable && inner && column > bestWidth && text[i - 1] !== ' ') {
      const escape = text[i + 1] === ' ' ? '\\' : '';
      out += lineStart + escape;
      column = place.indent + escape.length;
    } else {
      const written = escaped(char);
      out += written;
      column += written.length;
    }
    i += char.length;
  }
  return out;
}

const shortEscapes: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\x85': '\\N',
  '\u2028': '\\L',
  '\u2029': '\\P',
};

function escaped(char: string): string {
  const short = shortEscapes[char];
  if (short) return short;
  if (!unprintable.test(char)) return char;
  const code = char.codePointAt(0)!;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

function literal(text: string, indent: number): string {
  const hint = /^[ \n]/.test(text) ? '2' : '';
  const chomp = text.endsWith('\n\n') || text === '\n' ? '+' : text.endsWith('\n') ? '' : '-';
  const margin = ' '.repeat(indent);
  const body = text.endsWith('\n') ? text.slice(0, -1) : text;
  const lines = body.split('\n').map((line) => (line === '' ? '' : margin + line));
  return `|${hint}${chomp}\n${lines.join('\n')}`;
}
