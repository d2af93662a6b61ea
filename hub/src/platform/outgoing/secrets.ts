import { OutgoingError } from './outgoing-error.js';

/** The environment variable that a document names; undefined where it names none. @throws OutgoingError: not set */
export function secretOf(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  // What comes from a file often ends with a line break.
  const value = process.env[name]?.replace(/(?:\r?\n)+$/, '');
  if (value) return value;
  throw new OutgoingError(`the hub has no environment variable ${name}`);
}
