import { revisionKey } from '../../fleet/domain/gate.js';

/** A revision that clusters of the first environments have or see on the remote. */
export interface SeenRevision {
  readonly revision: string;
  /** How many of them. */
  readonly clusters: number;
  /** When the last of them said so. */
  readonly at: Date;
}

/** What is known of a source of a pipeline. */
export interface SourceHistory {
  readonly revision: string;
  /** Revisions that were the newest before, and this one, newest last. */
  readonly seen: readonly string[];
}

/** So many are told apart from new ones. */
const mostSeen = 200;

/**
 * Which revision of a source is the newest. Clusters do not look at the same time: one that lags behind must not
 * bring an old revision back. So a revision that was never seen counts, the one told last if there are several; or
 * an old one when all agree on it, because then the branch was set back. Otherwise nothing changes.
 */
export function newestRevision(
  observed: readonly SeenRevision[],
  history: SourceHistory | null,
): SourceHistory | null {
  const [only, ...others] = distinct(observed);
  if (only === undefined) return history;
  if (others.length === 0) return advance(history, only.revision);
  const seen = new Set((history?.seen ?? []).map(revisionKey));
  const [fresh] = [only, ...others]
    .filter(({ revision }) => !seen.has(revisionKey(revision)))
    .toSorted((a, b) => b.at.getTime() - a.at.getTime() || b.clusters - a.clusters);
  return fresh === undefined ? history : advance(history, fresh.revision, [only, ...others]);
}

/** The history with another newest revision; the same object when that is what it says already. */
export function advance(
  history: SourceHistory | null,
  revision: string,
  observed: readonly SeenRevision[] = [],
): SourceHistory {
  if (history && revisionKey(history.revision) === revisionKey(revision)) return history;
  const kept = (history?.seen ?? []).filter((one) => revisionKey(one) !== revisionKey(revision));
  const known = new Set([...kept, revision].map(revisionKey));
  // What others still have is older than what has just been chosen.
  const older = observed.map((one) => one.revision).filter((one) => !known.has(revisionKey(one)));
  return { revision, seen: [...kept, ...older, revision].slice(-mostSeen) };
}

/** By what they hold: two refs of one commit are one. */
function distinct(observed: readonly SeenRevision[]): readonly SeenRevision[] {
  const byKey = new Map<string, SeenRevision>();
  for (const one of observed) {
    const other = byKey.get(revisionKey(one.revision));
    if (other === undefined || one.at > other.at) byKey.set(revisionKey(one.revision), one);
  }
  return [...byKey.values()];
}
