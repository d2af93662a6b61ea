import { isOfCommit, parseRevision } from '@flotilla/common/revision/revision';

/** A revision that the fleet or a watch knows of a source. */
export interface KnownRevision {
  readonly revision: string;
  /** The ref that is followed, e.g. `branch main`. */
  readonly ref: string;
}

export type Resolved = { readonly revision: string } | { readonly problem: string };

/**
 * The revision that somebody means: a whole one as sources write it, a commit or its beginning that the fleet knows,
 * a whole commit that it does not know yet, or a version of a chart.
 */
export function resolveRevision(
  text: string,
  kind: string,
  known: readonly KnownRevision[],
  branch: string | null,
): Resolved {
  const exact = known.some(({ revision }) => revision === text);
  if (exact || parseRevision(text)?.ref !== undefined) return { revision: text };
  const revisions = known.map(({ revision }) => revision).filter((revision) => isOfCommit(revision, text));
  const found = [...new Set(revisions)];
  if (found.length > 0) return oneOf(text, found, branch);
  if (parseRevision(text) || kind === 'HelmChart') return { revision: text };
  if (kind === 'GitRepository' && /^[0-9a-f]{40}$|^[0-9a-f]{64}$/.test(text)) {
    const algorithm = text.length === 40 ? 'sha1' : 'sha256';
    const ref = branch ?? branchOf(known);
    return { revision: ref === null ? `${algorithm}:${text}` : `${ref}@${algorithm}:${text}` };
  }
  return {
    problem: `"${text}" is no revision that the fleet knows; give it whole, e.g. main@sha1:<40 digits>`,
  };
}

function oneOf(text: string, found: readonly string[], branch: string | null): Resolved {
  if (sameHash(found)) return { revision: preferred(found, branch) };
  return { problem: `"${text}" is the beginning of ${found.length} revisions: ${found.join(', ')}` };
}

function branchOf(known: readonly KnownRevision[]): string | null {
  const branches = new Set(known.flatMap(({ ref }) => /^branch (\S+)$/.exec(ref)?.[1] ?? []));
  const [only] = branches;
  return branches.size === 1 && only !== undefined ? only : null;
}

function sameHash(revisions: readonly string[]): boolean {
  return new Set(revisions.map((revision) => parseRevision(revision)?.hash)).size === 1;
}

function preferred(revisions: readonly string[], branch: string | null): string {
  const onBranch = revisions.find((revision) => branch !== null && parseRevision(revision)?.ref === branch);
  return onBranch ?? revisions.toSorted()[0] ?? '';
}
