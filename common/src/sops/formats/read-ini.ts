import { SopsError } from '../sops-error.js';
import type { SopsBranch, SopsItem } from '../tree.js';

/** Keys before the first section header belong to this one. */
export const defaultSection = 'DEFAULT';

/** Reads sections of keys; the section `sops` holds the metadata. @throws SopsError that names the line */
export function readIni(text: string): {
  branch: SopsBranch;
  metadata: ReadonlyMap<string, string> | undefined;
} {
  const sections = new Reader(text).sections();
  const metadata = sections.get('sops');
  sections.delete('sops');
  const items = [...sections].map(([key, section]) => ({
    key,
    value: { kind: 'branch', items: itemsOf(section) } as const,
  }));
  const values = metadata && new Map([...metadata.keys].map(([key, { value }]) => [key, value]));
  return { branch: { kind: 'branch', items }, metadata: values };
}

interface Section {
  comment: string;
  keys: Map<string, { value: string; comment: string }>;
}

/** The comment above a section is its first item, the comment above a key follows that key, as SOPS keeps them. */
function itemsOf({ comment, keys }: Section): SopsItem[] {
  const own: SopsItem[] = comment === '' ? [] : [{ kind: 'comment', text: comment }];
  return [
    ...own,
    ...[...keys].flatMap(([key, { value, comment: about }]): SopsItem[] => [
      { key, value },
      ...(about === '' ? [] : [{ kind: 'comment', text: about } as const]),
    ]),
  ];
}

class Reader {
  readonly #lines: string[];
  #next = 0;

  constructor(text: string) {
    this.#lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  }

  sections(): Map<string, Section> {
    const sections = new Map<string, Section>();
    const enter = (name: string, comment: string): Section => {
      const section = sections.get(name) ?? { comment, keys: new Map() };
      sections.set(name, section);
      return section;
    };
    let section = enter(defaultSection, '');
    let comments: string[] = [];
    while (this.#next < this.#lines.length) {
      const line = this.#lines[this.#next++]!.trim();
      if (line === '') continue;
      if (line.startsWith('#') || line.startsWith(';')) {
        comments.push(line);
        continue;
      }
      const comment = withoutSign(comments.join('\n'));
      comments = [];
      if (line.startsWith('[')) section = enter(this.#sectionName(line), comment);
      else {
        const { key, value } = this.#keyAndValue(line);
        section.keys.set(key, { value, comment });
      }
    }
    return sections;
  }

  #sectionName(line: string): string {
    const end = line.lastIndexOf(']');
    if (end < 0) throw this.#problem('the section is not closed by "]"');
    const name = line.slice(1, end);
    return name.toUpperCase() === defaultSection ? defaultSection : name;
  }

  #keyAndValue(line: string): { key: string; value: string } {
    const quote = ['"""', '`', '"'].find((sign) => line.startsWith(sign)) ?? '';
    const close = quote === '' ? 0 : line.indexOf(quote, quote.length);
    if (close < 0) throw this.#problem('the name of the key is not closed');
    const sign = line.slice(close).search(/[=:]/);
    if (sign < 0) throw this.#problem('there is no "=" after the key');
    const key = quote === '' ? line.slice(0, sign).trim() : line.slice(quote.length, close);
    return { key, value: this.#value(line.slice(close + sign + 1).trim()) };
  }

  #value(text: string): string {
    const quote = text.startsWith('"""') ? '"""' : text.startsWith('`') ? '`' : '';
    if (quote !== '') return this.#quoted(text.slice(quote.length), quote);
    const joined = this.#continued(text);
    const value = joined.replace(/\s*[#;].*$/s, '').trim();
    const pair = /^(["'])(.*)\1$/s.exec(value);
    return pair && value.length > 1 ? pair[2]! : value;
  }

  /** Up to the closing quote, over any number of lines. */
  #quoted(text: string, quote: string): string {
    let value = text;
    while (!value.includes(quote)) {
      const line = this.#lines[this.#next++];
      if (line === undefined) throw this.#problem(`the value is not closed by ${quote}`);
      value += `\n${line}`;
    }
    return value.slice(0, value.indexOf(quote));
  }

  /** A backslash at the end goes on with the next line. */
  #continued(text: string): string {
    let value = text;
    while (value.endsWith('\\') && this.#next < this.#lines.length) {
      value = value.slice(0, -1) + this.#lines[this.#next++]!.trim();
    }
    return value;
  }

  #problem(what: string): SopsError {
    return new SopsError(`invalid INI in line ${this.#next}: ${what}`);
  }
}

function withoutSign(comment: string): string {
  if (comment.startsWith(';')) return comment.replace(/^[; ]+/, '');
  return comment.replace(/^[# ]+/, '');
}
