import type { Authors } from './promotion.js';

/** Somebody or something and the number of the first release that it is about. */
interface Part {
  readonly text: string;
  readonly number: number;
}

/** What releases in a row hold that is new. */
export interface Parts {
  readonly authors: readonly Part[];
  readonly makers: readonly Part[];
  readonly unknown: Part | null;
}

/** Who made what a release brings that comes with all the others before it. */
export function authorsUpTo({ authors, makers, unknown }: Parts, releaseNumber: number): Authors {
  const upTo = (parts: readonly Part[]) =>
    parts.filter(({ number }) => number <= releaseNumber).map(({ text }) => text);
  const known = { emails: emailsOf(upTo(authors)), tokens: upTo(makers) };
  return unknown !== null && unknown.number <= releaseNumber ? { ...known, unknown: unknown.text } : known;
}

/** The addresses of authors, each once. */
export function emailsOf(authors: readonly string[]): readonly string[] {
  return [...new Set(authors.map(emailOf))];
}

/** The address of "Name <email>"; a text without one counts as a whole. */
function emailOf(author: string): string {
  return (/<([^<>]*)>\s*$/.exec(author)?.[1] ?? author).trim().toLowerCase();
}
