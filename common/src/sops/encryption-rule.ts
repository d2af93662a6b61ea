import { RE2JS } from 're2js';
import { SopsError } from './sops-error.js';

/** Which values of a document are encrypted: by the keys on the way to them, or by the comments above them. */
export interface EncryptionRule {
  readonly kind:
    | 'unencrypted-suffix'
    | 'encrypted-suffix'
    | 'unencrypted-regex'
    | 'encrypted-regex'
    | 'unencrypted-comment-regex'
    | 'encrypted-comment-regex';
  readonly text: string;
}

/** Where a value stands. */
export interface Place {
  /** Keys from the root; positions in lists are no part of it. */
  readonly path: readonly string[];
  /** For each level, the comments right above the value, as they are in the file. */
  readonly comments: readonly (readonly string[])[];
  /** The value is a comment itself, the last one of `comments`. */
  readonly isComment: boolean;
}

/** Compiles a rule to a predicate: is the value at this place encrypted? @throws SopsError */
export function compileRule({ kind, text }: EncryptionRule): (place: Place) => boolean {
  if (kind === 'unencrypted-suffix') return ({ path }) => !path.some((key) => key.endsWith(text));
  if (kind === 'encrypted-suffix') return ({ path }) => path.some((key) => key.endsWith(text));
  const pattern = compile(kind, text);
  switch (kind) {
    case 'unencrypted-regex':
      return ({ path }) => !path.some((key) => pattern.test(key));
    case 'encrypted-regex':
      return ({ path }) => path.some((key) => pattern.test(key));
    case 'unencrypted-comment-regex':
      return ({ comments }) => !comments.flat().some((comment) => pattern.test(comment));
    case 'encrypted-comment-regex':
      return (place) => commentsAbove(place).some((comment) => pattern.test(comment));
  }
}

/** The comment that switches encryption on is not encrypted itself, unless an earlier one did so. */
function commentsAbove({ comments, isComment }: Place): string[] {
  const all = comments.flat();
  return isComment ? all.slice(0, -1) : all;
}

/** RE2 as in SOPS: linear time whatever the author of the file wrote. */
function compile(kind: string, text: string): RE2JS {
  try {
    return RE2JS.compile(text);
  } catch (error) {
    throw new SopsError(`sops.${kind.replaceAll('-', '_')} is not a valid regular expression`, {
      cause: error,
    });
  }
}
