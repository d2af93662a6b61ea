// Rows are plain data; what differs from run to run stands in them as a name in angle brackets.
import { expect } from 'vitest';

/** `ns`, `url`, `commit`, `revision` and whatever else a runner knows, without the brackets. */
export type Names = Readonly<Record<string, string>>;

/** Puts the values in wherever `<name>` stands. Patterns become matchers of text. */
export function withNames<T>(value: T, names: Names): T {
  return fill(value, names) as T;
}

function fill(value: unknown, names: Names): unknown {
  if (typeof value === 'string') return fillText(value, names);
  if (value instanceof RegExp) {
    return expect.stringMatching(new RegExp(fillText(value.source, names, escapePattern), value.flags));
  }
  if (Array.isArray(value)) return value.map((item) => fill(item, names));
  if (value === null || typeof value !== 'object' || 'asymmetricMatch' in value) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [fillText(key, names), fill(item, names)]),
  );
}

/** Names that nobody knows stay as they are: they are part of the text. */
export function fillText(text: string, names: Names, write = (value: string) => value): string {
  return text.replaceAll(/<([a-z][a-z0-9-]*)>/g, (whole, name: string) => {
    const value = names[name];
    return value === undefined ? whole : write(value);
  });
}

const escapePattern = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
