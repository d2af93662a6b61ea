import { isBranch, isComment, isList, type SopsBranch, type SopsItem, type SopsValue } from '../tree.js';

/** Writes JSON as SOPS does: indented by tabs, `<`, `>` and `&` escaped, a line break at the end; comments go. */
export function writeJson(branch: SopsBranch): string {
  return `${writeValue(branch, '\n')}\n`;
}

function writeValue(value: SopsValue, margin: string): string {
  const inner = `${margin}\t`;
  if (isBranch(value)) {
    const entries = value.items.filter(
      (item): item is Exclude<SopsItem, { kind: string }> => !isComment(item),
    );
    const written = entries.map((item) => `${inner}${writeText(item.key)}: ${writeValue(item.value, inner)}`);
    return written.length > 0 ? `{${written.join(',')}${margin}}` : '{}';
  }
  if (isList(value)) {
    const written = value.filter((item) => !isComment(item)).map((item) => inner + writeValue(item, inner));
    return written.length > 0 ? `[${written.join(',')}${margin}]` : '[]';
  }
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'string') return writeText(value);
  if (value instanceof Uint8Array) return writeText(new TextDecoder().decode(value));
  return JSON.stringify(isComment(value) ? value.text : value);
}

const escapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

function writeText(text: string): string {
  return JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (char) => escapes[char]!);
}
