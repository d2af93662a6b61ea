import { decryptValue, type ClearValue } from './encrypted-value.js';
import { compileRule, type EncryptionRule, type Place } from './encryption-rule.js';
import { SopsError } from './sops-error.js';
import {
  isBranch,
  isComment,
  isList,
  type SopsBranch,
  type SopsComment,
  type SopsItem,
  type SopsValue,
} from './tree.js';

/**
 * Decrypts every value that the rule says is encrypted; the order of everything stays.
 * `onClear` is told each decrypted value.
 * @throws SopsError that names the path of the value
 */
export function decryptTree(
  branch: SopsBranch,
  dataKey: Uint8Array,
  rule: EncryptionRule,
  onClear: (value: ClearValue) => void = () => {},
): SopsBranch {
  return new Walk(dataKey, compileRule(rule), onClear).branch(branch, [], []);
}

type Comments = readonly (readonly string[])[];

class Walk {
  constructor(
    readonly dataKey: Uint8Array,
    readonly isEncrypted: (place: Place) => boolean,
    readonly onClear: (value: ClearValue) => void,
  ) {}

  branch({ items }: SopsBranch, path: readonly string[], outer: Comments): SopsBranch {
    const above: string[] = [];
    const comments = [...outer, above];
    const decrypted = items.map((item): SopsItem => {
      if (isComment(item)) return this.#commentIn(item, path, comments, above);
      const value = this.#value(item.value, [...path, item.key], comments);
      above.length = 0;
      return { key: item.key, value };
    });
    return { kind: 'branch', items: decrypted };
  }

  #list(items: readonly SopsValue[], path: readonly string[], outer: Comments): SopsValue[] {
    const above: string[] = [];
    const comments = [...outer, above];
    return items.map((item) => {
      if (isComment(item)) return this.#commentIn(item, path, comments, above);
      const value = this.#value(item, path, comments);
      above.length = 0;
      return value;
    });
  }

  #commentIn(
    comment: SopsComment,
    path: readonly string[],
    comments: Comments,
    above: string[],
  ): SopsComment {
    above.push(comment.text);
    if (!this.isEncrypted({ path, comments, isComment: true })) return comment;
    try {
      const clear = decryptValue(comment.text, this.dataKey, aad(path));
      this.onClear(clear);
      return isComment(clear) ? clear : { kind: 'comment', text: String(clear) };
    } catch {
      return comment; // Written by a SOPS that did not encrypt comments yet, or added later.
    }
  }

  #value(value: SopsValue, path: readonly string[], comments: Comments): SopsValue {
    if (value === null) return null;
    if (isBranch(value)) return this.branch(value, path, comments);
    if (isList(value)) return this.#list(value, path, comments);
    if (!this.isEncrypted({ path, comments, isComment: false })) return value;
    if (typeof value !== 'string') throw failure(path, 'the value is not encrypted');
    try {
      const clear = decryptValue(value, this.dataKey, aad(path));
      this.onClear(clear);
      return clear;
    } catch (error) {
      throw failure(path, (error as Error).message);
    }
  }
}

/** The keys on the way, each followed by a colon. */
function aad(path: readonly string[]): string {
  return `${path.join(':')}:`;
}

function failure(path: readonly string[], message: string): SopsError {
  return new SopsError(`Could not decrypt value at '${path.join('.')}': ${message}`);
}
