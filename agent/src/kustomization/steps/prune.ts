import { refOfEntry, type InventoryEntry } from '@flotilla/common/inventory/inventory';
import { objectId } from '@flotilla/common/inventory/object-id';
import { changeLog } from '../../ssa/changeset.js';
import type { ApplyEngine } from '../../ssa/engine.js';
import { DeleteError } from '../../ssa/errors.js';
import { judgeDeletion } from '../delete-budget/judge-deletion.js';
import { tell, type Run } from '../run.js';
import { retriedFailure, type StepFailure } from '../step-failure.js';
import { ownerOf } from './select-engine.js';

/** What a prune left behind. */
export interface PruneResult {
  /** Entries whose deletion the server did not confirm; they have to stay in the inventory. */
  survivors: readonly InventoryEntry[];
  /** Why; absent when all went well. */
  failure?: StepFailure;
}

/**
 * Deletes what is no longer part of the build and still belongs to this Kustomization (flux-compat 3.7), unless that
 * is more than the delete budget allows of the `managed` objects.
 */
export async function prune(
  run: Run,
  engine: ApplyEngine,
  stale: readonly InventoryEntry[],
  managed: number,
): Promise<PruneResult> {
  if (!run.object.spec.prune || stale.length === 0) return { survivors: [] };
  const verdict = judgeDeletion({
    stale,
    managed,
    budget: run.deps.options.deleteBudget,
    annotations: run.object.metadata.annotations,
  });
  if (!verdict.allowed)
    return { survivors: stale, failure: retriedFailure(verdict.reason, new Error(verdict.message)) };
  const refs = stale.map(refOfEntry);
  try {
    const changes = await engine.deleteAll(refs, { owner: ownerOf(run), signal: run.signal });
    const log = changeLog(changes);
    if (log !== '') tell(run, { severity: 'info', message: log });
    return { survivors: [] };
  } catch (error) {
    run.signal.throwIfAborted();
    return { survivors: survivorsOf(stale, error), failure: retriedFailure('PruneFailed', error) };
  }
}

/** Deletions that were confirmed, and objects that refuse deletion on purpose, are settled; all others survive. */
function survivorsOf(stale: readonly InventoryEntry[], error: unknown): InventoryEntry[] {
  const { entries } = error instanceof DeleteError ? error.changes : { entries: [] };
  const settled = entries.filter(({ action }) => action === 'deleted' || action === 'skipped');
  const ids = new Set(settled.map(({ ref }) => objectId(ref)));
  return stale.filter(({ id }) => !ids.has(id));
}
