import { everydayKey, everydayScalar, unescape } from './everyday-scalar.js';
import { giveUp } from './unusual.js';

/** Double quotes with the escapes that JSON has too; nothing else that needs one is inside. */
const doubleQuoted = /"((?:[^"\\\t\n]|\\["\\nt])*)"/y;
const singleQuoted = /'((?:[^'\t\n]|'')*)'/y;
const plain = /[A-Za-z0-9_./-]+/y;
const space = / */y;
/** Nobody writes deeper ones on a line. */
const maxDepth = 50;

/** Where a value in quotes or brackets has ended. */
export interface Ended<T> {
  readonly value: T;
  readonly end: number;
}

/** Reads quotes that end on their line. @throws Unusual */
export function readQuoted(line: string, at: number): Ended<string> {
  const isDouble = line[at] === '"';
  const match = matchAt(isDouble ? doubleQuoted : singleQuoted, line, at) ?? giveUp();
  const inner = match[1] ?? '';
  return { value: isDouble ? unescape(inner) : inner.replaceAll("''", "'"), end: at + match[0].length };
}

/** Reads a value in brackets that ends on its line. @throws Unusual */
export function readFlow(line: string, at: number): Ended<unknown> {
  const reader = new FlowReader(line, at);
  const value = reader.value(0);
  return { value, end: reader.at };
}

class FlowReader {
  constructor(
    readonly line: string,
    public at: number,
  ) {}

  value(depth: number): unknown {
    if (depth > maxDepth) giveUp();
    const first = this.line[this.at];
    if (first === '{') return this.#mapping(depth);
    if (first === '[') return this.#sequence(depth);
    if (first === '"' || first === "'") return this.#quoted();
    return everydayScalar(this.#plain());
  }

  #sequence(depth: number): unknown[] {
    const items: unknown[] = [];
    this.#skip('[');
    if (this.#ends(']')) return items;
    for (;;) {
      items.push(this.value(depth + 1));
      this.#space();
      if (this.#ends(']')) return items;
      this.#skip(',');
    }
  }

  #mapping(depth: number): Record<string, unknown> {
    const fields: Record<string, unknown> = {};
    this.#skip('{');
    if (this.#ends('}')) return fields;
    for (;;) {
      const key = this.#key();
      if (Object.hasOwn(fields, key) || key === '__proto__' || key === '<<') giveUp();
      fields[key] = this.value(depth + 1);
      this.#space();
      if (this.#ends('}')) return fields;
      this.#skip(',');
    }
  }

  #key(): string {
    const first = this.line[this.at];
    if (first === '"' || first === "'") {
      const key = this.#quoted();
      this.#skip(':');
      return key;
    }
    const key = everydayKey(this.#plain());
    if (this.line[this.at + 1] !== ' ') giveUp();
    this.#skip(':');
    return key;
  }

  #quoted(): string {
    const { value, end } = readQuoted(this.line, this.at);
    this.at = end;
    return value;
  }

  #plain(): string {
    const text = matchAt(plain, this.line, this.at)?.[0] ?? giveUp();
    this.at += text.length;
    return text;
  }

  #skip(sign: string): void {
    if (this.line[this.at] !== sign) giveUp();
    this.at += 1;
    this.#space();
  }

  #ends(sign: string): boolean {
    if (this.line[this.at] !== sign) return false;
    this.at += 1;
    return true;
  }

  #space(): void {
    this.at += matchAt(space, this.line, this.at)?.[0].length ?? 0;
  }
}

function matchAt(pattern: RegExp, line: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(line) ?? undefined;
}
