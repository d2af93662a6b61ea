import { SopsError } from '../sops-error.js';
import type { SopsBranch, SopsItem, SopsValue } from '../tree.js';

const maxDepth = 500;
const space = /[ \t\r\n]*/y;
// oxlint-disable-next-line no-control-regex -- JSON forbids them in strings
const stringToken = /"(?:[^"\\\u0000-\u001f]|\\.)*"/y;
const numberToken = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
const wordToken = /true|false|null/y;

/** Reads a JSON object with its keys in the order of the text. @throws SopsError */
export function readJson(text: string): SopsBranch {
  const reader = new Reader(text);
  const value = reader.document();
  if (typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'branch') return value;
  throw new SopsError('SOPS only supports JSON files with an object at the top');
}

class Reader {
  #at = 0;

  constructor(readonly text: string) {}

  document(): SopsValue {
    const value = this.#value(0);
    this.#skipSpace();
    if (this.#at < this.text.length) throw this.#problem();
    return value;
  }

  #value(depth: number): SopsValue {
    if (depth > maxDepth) throw new SopsError(`JSON is nested deeper than ${maxDepth} levels`);
    this.#skipSpace();
    const char = this.text[this.#at];
    if (char === '{') return { kind: 'branch', items: this.#sequence('}', () => this.#item(depth + 1)) };
    if (char === '[') return this.#sequence(']', () => this.#value(depth + 1));
    if (char === '"') return this.#string();
    const word = this.#take(wordToken);
    if (word !== undefined) return word === 'null' ? null : word === 'true';
    const number = this.#take(numberToken);
    if (number === undefined) throw this.#problem();
    return readNumber(number);
  }

  #item(depth: number): SopsItem {
    this.#skipSpace();
    const key = this.#string();
    this.#expect(':');
    return { key, value: this.#value(depth) };
  }

  #sequence<T>(end: string, next: () => T): T[] {
    const found: T[] = [];
    this.#at += 1;
    this.#skipSpace();
    if (this.text[this.#at] === end) {
      this.#at += 1;
      return found;
    }
    for (;;) {
      found.push(next());
      this.#skipSpace();
      const char = this.text[this.#at];
      if (char !== ',' && char !== end) throw this.#problem();
      this.#at += 1;
      if (char === end) return found;
    }
  }

  #string(): string {
    const token = this.#take(stringToken);
    if (token === undefined) throw this.#problem();
    try {
      return JSON.parse(token) as string;
    } catch {
      throw this.#problem();
    }
  }

  #expect(char: string): void {
    this.#skipSpace();
    if (this.text[this.#at] !== char) throw this.#problem();
    this.#at += 1;
  }

  #skipSpace(): void {
    this.#take(space);
  }

  #take(token: RegExp): string | undefined {
    token.lastIndex = this.#at;
    const found = token.exec(this.text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #problem(): SopsError {
    const line = this.text.slice(0, this.#at).split('\n').length;
    return new SopsError(`invalid JSON in line ${line}`);
  }
}

function readNumber(token: string): number | bigint {
  const number = Number(token);
  return /^-?\d+$/.test(token) && !Number.isSafeInteger(number) ? BigInt(token) : number;
}
