/** The trailer of commits that promotions write; its value is the id of the promotion. */
export const promotionTrailer = 'Flotilla-Promotion';

/** A commit of a branch, as far as it matters who made it. */
export interface BranchCommit {
  readonly id: string;
  readonly parents: readonly string[];
  /** The promotions that its trailers name. */
  readonly promotions: readonly string[];
}

/**
 * Whether a range of commits, parents first, holds nothing but what promotions of the pipeline have written: commits
 * that carry the trailer of one, and merges of nothing else. Such a range is no release: its content has been
 * released already. An empty range, of a branch that was set back, is none.
 */
export function areOwnCommits(commits: readonly BranchCommit[], promotions: ReadonlySet<string>): boolean {
  const own = new Set<string>();
  for (const { id, parents, promotions: named } of commits) {
    const written = named.some((promotion) => promotions.has(promotion));
    // What is merged comes from the parents behind the first, which is the branch itself.
    const merged = parents.length > 1 && parents.slice(1).every((parent) => own.has(parent));
    if (!written && !merged) return false;
    own.add(id);
  }
  return own.size > 0;
}
