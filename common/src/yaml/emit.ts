import { compareKeys } from './key-order.js';
import { numberText } from './number-text.js';
import { scalarStyle } from './scalar-style.js';
import { writeScalar } from './write-scalar.js';

/** Longer keys need the explicit form `? key`. */
const maxSimpleKey = 128;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Writes a JSON-like value as one YAML document, the way kustomize writes objects: block style, two spaces,
 * lists not indented, keys sorted, quotes only where a plain scalar would be read differently (flux-compat 3.5).
 * Fields with the value undefined are left out. Ends with a line break.
 */
export function emitYaml(value: unknown): string {
  const out: string[] = [];
  const collection = typeof value === 'object' && value !== null;
  writeNode(out, value, { indent: collection ? 0 : 2, column: 0, inline: true, inMapping: false });
  out.push('\n');
  return out.join('');
}

/** Writes documents separated by `---`. */
export function emitYamlDocuments(values: readonly unknown[]): string {
  return values.map(emitYaml).join('---\n');
}

interface Place {
  /** Column at which the lines of a collection start. */
  readonly indent: number;
  /** Where the next character lands. */
  readonly column: number;
  /** The first entry of a collection continues the current line ("- a: 1"). */
  readonly inline: boolean;
  /** Whether the node is the value of a key, so that it needs a space or a new line first. */
  readonly inMapping: boolean;
}

function writeNode(out: string[], value: unknown, place: Place): void {
  if (Array.isArray(value) && value.length > 0) {
    writeSequence(out, value, place);
  } else if (isFields(value) && hasFields(value)) {
    writeMapping(out, value, place);
  } else {
    out.push(place.inMapping ? ' ' : '', scalarText(value, place));
  }
}

function scalarText(value: unknown, place: Place): string {
  switch (typeof value) {
    case 'string': {
      const column = place.column + (place.inMapping ? 1 : 0);
      return writeScalar(value, scalarStyle(value, false), { column, indent: place.indent, foldable: true });
    }
    case 'boolean':
      return String(value);
    case 'number':
    case 'bigint':
      return numberText(value);
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? '[]' : '{}';
    default:
      throw new TypeError(`cannot write a ${typeof value} as YAML`);
  }
}

function writeSequence(out: string[], items: readonly unknown[], place: Place): void {
  // A list that is the value of a key stands at the column of the key.
  const indent = place.inMapping ? place.indent - 2 : place.indent;
  const margin = `\n${' '.repeat(indent)}`;
  for (const [position, item] of items.entries()) {
    out.push(position > 0 || !place.inline ? margin : '', '- ');
    writeNode(out, item ?? null, { indent: indent + 2, column: indent + 2, inline: true, inMapping: false });
  }
}

function writeMapping(out: string[], fields: Fields, place: Place): void {
  const { indent } = place;
  const margin = `\n${' '.repeat(indent)}`;
  const keys = Object.keys(fields).filter((key) => fields[key] !== undefined);
  // The order of Kubernetes is not transitive (a10 < a1b < a9 < a10): a fixed start makes the result one.
  keys.sort().sort(compareKeys);
  for (const [position, key] of keys.entries()) {
    if (position > 0 || !place.inline) out.push(margin);
    if (key.length > maxSimpleKey || key.includes('\n')) {
      writeLongKey(out, key, fields[key], indent, margin);
      continue;
    }
    const text = writeScalar(key, scalarStyle(key, true), { column: indent, indent, foldable: false });
    out.push(text, ':');
    writeNode(out, fields[key], {
      indent: indent + 2,
      column: indent + text.length + 1,
      inline: false,
      inMapping: true,
    });
  }
}

function writeLongKey(out: string[], key: string, value: unknown, indent: number, margin: string): void {
  const inner: Place = { indent: indent + 2, column: indent + 2, inline: true, inMapping: false };
  out.push('? ', scalarText(key, inner), margin, ': ');
  writeNode(out, value, inner);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasFields(fields: Fields): boolean {
  for (const key in fields) if (fields[key] !== undefined) return true;
  return false;
}
