/** A comment of a file. SOPS encrypts comments as it encrypts values. */
export interface SopsComment {
  readonly kind: 'comment';
  /** The text behind the comment sign. */
  readonly text: string;
}

/** A mapping in the order of the file; a comment stands where it stood. */
export interface SopsBranch {
  readonly kind: 'branch';
  readonly items: readonly SopsItem[];
}

/** An entry of a mapping: a key with a value, or a comment. */
export type SopsItem = { readonly key: string; readonly value: SopsValue } | SopsComment;

/** Anything in a document. Bytes are text that is not valid UTF-8. */
export type SopsValue =
  | null
  | string
  | number
  | bigint
  | boolean
  | Uint8Array
  | SopsComment
  | SopsBranch
  | readonly SopsValue[];

export function isBranch(value: SopsValue): value is SopsBranch {
  return isNode(value) && value.kind === 'branch';
}

export function isComment(value: SopsValue | SopsItem): value is SopsComment {
  return isNode(value) && 'kind' in value && value.kind === 'comment';
}

export function isList(value: SopsValue): value is readonly SopsValue[] {
  return Array.isArray(value);
}

/** The value of the first entry with that key. */
export function valueAt(branch: SopsBranch, key: string): SopsValue | undefined {
  for (const item of branch.items) if (!isComment(item) && item.key === key) return item.value;
  return undefined;
}

export function withoutKey(branch: SopsBranch, key: string): SopsBranch {
  return { kind: 'branch', items: branch.items.filter((item) => isComment(item) || item.key !== key) };
}

/** A JSON-like value as a tree. */
export function toTree(value: unknown): SopsValue {
  if (Array.isArray(value)) return value.map(toTree);
  if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) {
    const items = Object.entries(value).map(([key, field]) => ({ key, value: toTree(field) }));
    return { kind: 'branch', items };
  }
  return (value ?? null) as SopsValue;
}

/** A tree as a JSON-like value, without its comments. */
export function fromTree(value: SopsValue): unknown {
  if (isList(value)) return value.filter((item) => !isComment(item)).map(fromTree);
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (!isBranch(value)) return value;
  const entries = value.items.flatMap((item) => (isComment(item) ? [] : [[item.key, fromTree(item.value)]]));
  return Object.fromEntries(entries) as unknown;
}

function isNode(value: SopsValue | SopsItem): value is SopsComment | SopsBranch | (SopsItem & object) {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  );
}
