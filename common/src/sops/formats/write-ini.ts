import { SopsError } from '../sops-error.js';
import { isBranch, isComment, type SopsBranch, type SopsItem, type SopsValue } from '../tree.js';
import { plainText } from './plain-text.js';
import { defaultSection } from './read-ini.js';

/** Writes INI as SOPS does: the signs of a section aligned, an empty line between sections. @throws SopsError */
export function writeIni(branch: SopsBranch): string {
  const entries = branch.items.filter((item): item is Entry => !isComment(item));
  const sections = entries.map(({ key, value }) => writeSection(key, value));
  return sections.filter((section) => section !== '').join('\n');
}

type Entry = Exclude<SopsItem, { kind: string }>;

interface Line {
  key: string;
  value: string;
  comment: string;
}

function writeSection(name: string, section: SopsValue): string {
  if (!isBranch(section)) throw new SopsError(`cannot write '${name}' as INI: a section has to be a mapping`);
  const { comment, lines } = linesOf(section);
  if (name === defaultSection && lines.length === 0) return '';
  const width = Math.max(0, ...lines.map(({ key }) => Buffer.byteLength(key)));
  return [
    ...commentLines(comment),
    ...(name === defaultSection ? [] : [`[${name}]\n`]),
    ...lines.flatMap((line) => [...commentLines(line.comment), writeLine(line, width)]),
  ].join('');
}

function linesOf({ items }: SopsBranch): { comment: string; lines: Line[] } {
  const lines: Line[] = [];
  let comment = '';
  for (const item of items) {
    const last = lines.at(-1);
    if (!isComment(item)) lines.push({ key: quoteKey(item.key), value: plainText(item.value), comment: '' });
    else if (last) last.comment = item.text;
    else comment = item.text;
  }
  return { comment, lines };
}

function commentLines(comment: string): string[] {
  if (comment === '') return [];
  return comment.split('\n').map((line) => {
    const isSigned = line.startsWith('#') || line.startsWith(';');
    return isSigned ? `${line[0]} ${line.slice(1).trim()}\n` : `; ${line.trim()}\n`;
  });
}

function quoteKey(key: string): string {
  if (/["=:]/.test(key)) return `\`${key}\``;
  return key.includes('`') ? `"""${key}"""` : key;
}

function writeLine({ key, value }: Line, width: number): string {
  const margin = ' '.repeat(width - Buffer.byteLength(key));
  return `${key}${margin} = ${quoteValue(value)}\n`;
}

function quoteValue(value: string): string {
  if (/[\n`]/.test(value)) return `"""${value}"""`;
  if (/[#;]/.test(value)) return `\`${value}\``;
  return value.trim() === value ? value : `"${value}"`;
}
