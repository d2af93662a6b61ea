/** A revision with a digest: `main@sha1:…`, `refs/heads/x@sha1:…`, `sha1:…`, `latest@sha256:…` (flux-compat 2.1). */
export interface Revision {
  /** Branch, tag, full ref name or OCI tag; absent when the revision is a digest alone. */
  readonly ref?: string;
  readonly algorithm: string;
  /** Hexadecimal, lower case. */
  readonly hash: string;
}

const digest = /^([a-z0-9]+):([0-9a-f]{7,128})$/;
const hexRun = /(?<![0-9A-Za-z])[0-9a-f]{40,128}(?![0-9A-Za-z])/g;

/** Reads a revision. Undefined for text without a digest, such as the version of a chart. */
export function parseRevision(text: string): Revision | undefined {
  // A ref name may hold "@" itself.
  const at = text.lastIndexOf('@');
  const match = digest.exec(text.slice(at + 1));
  if (!match || at === 0) return undefined;
  const [, algorithm = '', hash = ''] = match;
  return { ...(at > 0 ? { ref: text.slice(0, at) } : {}), algorithm, hash };
}

/** The reverse of `parseRevision`. */
export function formatRevision({ ref, algorithm, hash }: Revision): string {
  return `${ref === undefined ? '' : `${ref}@`}${algorithm}:${hash}`;
}

/** Shortens digests to eight digits for people, wherever in a text they stand: `main@sha1:1234abcd` (flux-compat 9.3). */
export function shortenRevision(text: string): string {
  return text.replace(hexRun, (hash) => hash.slice(0, 8));
}

/**
 * Whether a revision is of the commit that somebody asked for: a hash of at least seven digits or its beginning,
 * or a whole revision or digest, which has to be the same.
 */
export function isOfCommit(revision: string, commit: string): boolean {
  if (revision === commit) return true;
  const parsed = parseRevision(revision);
  if (!parsed) return false;
  const wanted = parseRevision(commit);
  if (wanted)
    return wanted.ref === undefined && wanted.algorithm === parsed.algorithm && wanted.hash === parsed.hash;
  const prefix = commit.toLowerCase();
  return /^[0-9a-f]{7,128}$/.test(prefix) && parsed.hash.startsWith(prefix);
}
