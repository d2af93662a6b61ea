import type { Condition } from '../kube/condition.js';
import { getCondition } from './conditions.js';

/** What Ready becomes; type, generation and time are the caller's. */
export type ReadySummary = Pick<Condition, 'status' | 'reason' | 'message'>;

/** The condition that only some source kinds have: IncludeUnavailable (git) or BuildFailed (chart). */
export type KindCondition = 'IncludeUnavailable' | 'BuildFailed';

/**
 * Ready of a source from its other conditions (flux-compat 2.2): a failed verification beats all, then the first
 * abnormal condition that is True, else what ArtifactInStorage says. Undefined when there is nothing to say.
 */
export function summarizeSource(
  conditions: readonly Condition[],
  ofKind?: KindCondition,
): ReadySummary | undefined {
  const verified = getCondition(conditions, 'SourceVerified');
  if (verified?.status === 'False') return readyFrom(verified, 'False');
  for (const type of abnormalTypes(ofKind)) {
    const condition = getCondition(conditions, type);
    if (condition?.status === 'True') return readyFrom(condition, 'False');
  }
  const stored = getCondition(conditions, 'ArtifactInStorage');
  return stored && readyFrom(stored, stored.status);
}

function abnormalTypes(ofKind?: KindCondition): readonly string[] {
  const own = ofKind ? [ofKind] : [];
  return ['StorageOperationFailed', 'FetchFailed', ...own, 'ArtifactOutdated', 'Stalled', 'Reconciling'];
}

function readyFrom({ reason, message }: Condition, status: Condition['status']): ReadySummary {
  return { status, reason, message };
}
