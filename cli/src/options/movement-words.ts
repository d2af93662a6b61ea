import { usageError } from '../errors/cli-error.js';

export interface MovementWords {
  /** Which kind was said; both may be meant where it was not. */
  readonly kind?: 'promotion' | 'rollout';
  readonly text: string;
}

/** Reads `ID`, `rollout ID`, `promotion ID`. @throws CliError */
export function movementWords(verb: string, words: readonly string[]): MovementWords {
  const [first = '', second, ...rest] = words;
  if (second === undefined) {
    if (kindOf(first) === undefined) return { text: first };
    throw usageError(`${verb} ${first}: which one?`, `flotilla ${verb} ${first} ID`);
  }
  const kind = kindOf(first);
  if (kind !== undefined && rest.length === 0) return { kind, text: second };
  throw usageError(
    kind === undefined
      ? `${verb} ${first}: there is one at a time, or a kind before it (rollout or promotion)`
      : `${verb} ${first}: one at a time`,
    `flotilla ${verb} ${kind ?? 'rollout'} ID`,
  );
}

function kindOf(word: string): MovementWords['kind'] {
  if (word === 'rollout' || word === 'rollouts') return 'rollout';
  return word === 'promotion' || word === 'promotions' ? 'promotion' : undefined;
}

/** The words as they were given, for the remedies of errors. */
export function wordsText(text: string, to: string | undefined): string {
  return to === undefined ? text : `${text} --to ${to}`;
}
