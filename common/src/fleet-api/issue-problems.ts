import type { z } from 'zod';
import type { DocumentProblem } from './document.js';

type Issue = z.core.$ZodIssue;

const typeNames: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of fields',
  record: 'a map of fields',
};
/** Longer texts are not repeated in a message. */
const longestQuoted = 60;

/** What is wrong with the fields of a document, in words that say what belongs there. `value` is the document. */
export function problemsOf(issue: Issue, value: unknown): readonly DocumentProblem[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      field: fieldOf([...issue.path, key]),
      message: 'there is no such field; look at its spelling and at the indentation',
    }));
  return [{ field: fieldOf(issue.path) || 'document', message: messageOf(issue, at(value, issue.path)) }];
}

function fieldOf(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}

function messageOf(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_value':
      return oneOf(issue.values, value);
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options)
        ? oneOf(issue.options, value)
        : anyOf(issue.errors, value);
    case 'invalid_type':
      return value === undefined ? 'is missing' : `must be ${typeName(issue.expected)}${butIs(value)}`;
    case 'too_small':
      return bound(issue.origin, 'at least', Number(issue.minimum), value);
    case 'too_big':
      return bound(issue.origin, 'at most', Number(issue.maximum), value);
    default:
      return issue.message;
  }
}

function oneOf(options: readonly unknown[], value: unknown): string {
  const choice = options.length === 1 ? String(options[0]) : `one of ${options.map(String).join(', ')}`;
  return value === undefined ? `is missing: must be ${choice}` : `must be ${choice}${butIs(value)}`;
}

function anyOf(errors: readonly (readonly Issue[])[], value: unknown): string {
  if (value === undefined) return 'is missing';
  const types = errors.flatMap(([first]) =>
    first?.code === 'invalid_type' ? [typeName(first.expected)] : [],
  );
  return types.length > 0 ? `must be ${types.join(' or ')}${butIs(value)}` : 'is not valid';
}

function bound(origin: string, words: string, limit: number, value: unknown): string {
  const unit = origin === 'string' ? 'characters' : 'entries';
  if (origin === 'number' || origin === 'int') return `must be ${words} ${limit}${butIs(value)}`;
  if (words === 'at least' && limit === 1)
    return origin === 'string' ? 'must not be empty' : 'must have at least one entry';
  return `must have ${words} ${limit} ${unit}`;
}

function typeName(expected: string): string {
  return typeNames[expected] ?? expected;
}

/** `, not "x"`; what is long is told by its type. */
function butIs(value: unknown): string {
  if (value === null) return ', not empty';
  if (typeof value === 'string' && value.length <= longestQuoted) return `, not "${value}"`;
  if (typeof value === 'number' || typeof value === 'boolean') return `, not ${value}`;
  return `, not ${typeName(Array.isArray(value) ? 'array' : typeof value)}`;
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const part of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Readonly<Record<PropertyKey, unknown>>)[part];
  }
  return found;
}
