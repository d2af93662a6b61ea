import { RE2JS } from 're2js';
import { CelError } from './cel-error.js';

/** Steps of one evaluation: some tenths of a second at the worst. Real expressions take a few hundred. */
const maxSteps = 1_000_000;
/** To throw and to catch takes as long as this many steps. */
const stepsOfError = 100;
/** Characters that one step handles when a text or a list is read or made. */
const unitsOfStep = 16;

/** What one evaluation may still do. Expressions come from tenants, and everybody waits for the same process. */
export class Budget {
  #left = maxSteps;
  readonly #patterns = new Map<string, RE2JS>();

  /** @throws CelError when there is nothing left */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new CelError('operation cancelled: actual cost limit exceeded');
  }

  /** For a text or list of this length that is read or made. */
  spendOn(length: number): void {
    this.spend(1 + Math.ceil(length / unitsOfStep));
  }

  /** For a failure that need not be the end, because something else may decide. */
  spendOnError(): void {
    this.spend(stepsOfError);
  }

  /** True when a part of the text matches (RE2: linear in the text). @throws CelError for a pattern that is none */
  matches(text: string, pattern: string): boolean {
    let compiled = this.#patterns.get(pattern);
    if (!compiled) {
      compiled = compilePattern(pattern);
      this.spend(compiled.programSize());
      this.#patterns.set(pattern, compiled);
    }
    this.spend(Math.ceil(((text.length + 1) * compiled.programSize()) / unitsOfStep));
    return compiled.matcher(text).find();
  }
}

const maxPatternLength = 4_096;

/** @throws CelError */
export function compilePattern(pattern: string): RE2JS {
  if (pattern.length > maxPatternLength) {
    throw new CelError(`error parsing regexp: longer than ${maxPatternLength} characters`);
  }
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    throw new CelError((error as Error).message, { cause: error });
  }
}
