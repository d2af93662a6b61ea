import type { KustomizationStatus } from '@flotilla/common/api/kustomization';

type HistoryEntry = NonNullable<KustomizationStatus['history']>[number];

export interface Attempt {
  /** `sha256:<hex>` of the built manifests. */
  digest: string;
  /** Reason of the outcome. */
  status: string;
  /** RFC 3339. */
  at: string;
  /** Duration as text. */
  duration: string;
  metadata: Record<string, string>;
}

const kept = 5;

/** Adds an attempt: the same content with the same outcome is counted up, newest first, at most five (flux-compat 3.1). */
export function recordAttempt(
  history: readonly HistoryEntry[] | undefined,
  attempt: Attempt,
): HistoryEntry[] {
  const isSame = (entry: HistoryEntry): boolean =>
    entry.digest === attempt.digest && entry.lastReconciledStatus === attempt.status;
  const earlier = history?.find(isSame);
  const newest: HistoryEntry = {
    digest: attempt.digest,
    firstReconciled: earlier?.firstReconciled ?? attempt.at,
    lastReconciled: attempt.at,
    lastReconciledDuration: attempt.duration,
    lastReconciledStatus: attempt.status,
    metadata: attempt.metadata,
    totalReconciliations: (earlier?.totalReconciliations ?? 0) + 1,
  };
  return [newest, ...(history ?? []).filter((entry) => !isSame(entry))].slice(0, kept);
}
