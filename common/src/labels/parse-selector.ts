import { labelKeyProblem, labelValueProblem } from './label-syntax.js';
import type { Requirement, Selector } from './selector.js';

/** A label selector that cannot be read. The message says where and why. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError';

  constructor(
    selector: string,
    /** Position in the text, from 1. */
    readonly position: number,
    readonly reason: string,
  ) {
    super(`label selector ${JSON.stringify(selector)}: at position ${position}: ${reason}`);
  }
}

interface Token {
  readonly text: string;
  readonly at: number;
}

const tokenAt = /[ \t\r\n]*(?:(==|!=|[=!(),<>])|([^ \t\r\n=!(),<>]+)|$)/y;
const signs = new Set(['==', '!=', '=', '!', '(', ')', ',', '<', '>', '']);

/**
 * Parses a selector in the syntax of Kubernetes: `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b,c)`, `a`, `!a`,
 * `a>1`, `a<1`, separated by commas. An empty text selects everything.
 */
export function parseSelector(text: string): Selector {
  return new SelectorParser(text).parse();
}

class SelectorParser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokenize(text);
  }

  parse(): Selector {
    if (this.#peek().text === '') return [];
    const requirements = [this.#requirement()];
    while (this.#peek().text !== '') {
      if (this.#peek().text !== ',') throw this.#unexpected("',' or the end");
      this.#next += 1;
      requirements.push(this.#requirement());
    }
    return requirements;
  }

  #requirement(): Requirement {
    if (this.#peek().text === '!') {
      this.#next += 1;
      return { operator: 'absent', key: this.#key() };
    }
    const key = this.#key();
    const { text } = this.#peek();
    if (text === '' || text === ',') return { operator: 'exists', key };
    this.#next += 1;
    switch (text) {
      case '=':
      case '==':
        return { operator: 'in', key, values: [this.#value()] };
      case '!=':
        return { operator: 'notin', key, values: [this.#value()] };
      case 'in':
      case 'notin':
        return { operator: text, key, values: this.#values() };
      case '>':
        return { operator: 'gt', key, value: this.#integer() };
      case '<':
        return { operator: 'lt', key, value: this.#integer() };
      default:
        this.#next -= 1;
        throw this.#unexpected("one of =, ==, !=, in, notin, <, > or ','");
    }
  }

  #key(): string {
    const token = this.#peek();
    if (signs.has(token.text) || token.text === 'in' || token.text === 'notin')
      throw this.#unexpected('a label key');
    const problem = labelKeyProblem(token.text);
    if (problem) throw new SelectorError(this.#text, token.at, problem);
    this.#next += 1;
    return token.text;
  }

  /** Possibly empty, as in `a=,b`. */
  #value(): string {
    const token = this.#peek();
    if (token.text === '' || token.text === ',' || token.text === ')') return '';
    if (signs.has(token.text)) throw this.#unexpected('a label value');
    const problem = labelValueProblem(token.text);
    if (problem) throw new SelectorError(this.#text, token.at, problem);
    this.#next += 1;
    return token.text;
  }

  #values(): readonly string[] {
    if (this.#peek().text !== '(') throw this.#unexpected("'('");
    this.#next += 1;
    const values = new Set([this.#value()]);
    while (this.#peek().text === ',') {
      this.#next += 1;
      values.add(this.#value());
    }
    if (this.#peek().text !== ')') throw this.#unexpected("',' or ')'");
    this.#next += 1;
    return [...values].sort();
  }

  #integer(): bigint {
    const token = this.#peek();
    if (!/^-?[0-9]{1,19}$/.test(token.text)) throw this.#unexpected('an integer');
    this.#next += 1;
    return BigInt(token.text);
  }

  #peek(): Token {
    return this.#tokens[this.#next]!;
  }

  #unexpected(expected: string): SelectorError {
    const { text, at } = this.#peek();
    const found = text === '' ? 'the end' : JSON.stringify(text);
    return new SelectorError(this.#text, at, `expected ${expected}, found ${found}`);
  }
}

/** The last token is empty and stands for the end. */
function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  tokenAt.lastIndex = 0;
  for (;;) {
    const match = tokenAt.exec(text)!;
    const token = match[1] ?? match[2] ?? '';
    tokens.push({ text: token, at: tokenAt.lastIndex - token.length + 1 });
    if (token === '') return tokens;
  }
}
