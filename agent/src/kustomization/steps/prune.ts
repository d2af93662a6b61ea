import { refOfEntry, type InventoryEntry } from '@flotilla/common/inventory/inventory';
import { objectId } from '@flotilla/common/inventory/object-id';
import { changeLog } from '../../ssa/changeset.js';
import type { ApplyEngine } from '../../ssa/engine.js';
import { DeleteError } from '../../ssa/errors.js';
import { previewDelete } from '../../ssa/preview.js';
import { budgetExceeded, judgeDeletion, type DeletionVerdict } from '../delete-budget/judge-deletion.js';
import { tell, type Run } from '../run.js';
import { retriedFailure, type StepFailure } from '../step-failure.js';
import { ownerOf, selectClient } from './select-engine.js';

/** What a prune left behind. */
export interface PruneResult {
  /** Entries whose deletion the server did not confirm; they have to stay in the inventory. */
  survivors: readonly InventoryEntry[];
  /** Why; absent when all went well. */
  failure?: StepFailure;
}

/** What may have to be deleted. */
export interface PruneRequest {
  /** Entries of the inventory that are no longer part of the build. */
  readonly stale: readonly InventoryEntry[];
  /** Objects that the Kustomization has managed so far. */
  readonly managed: number;
  /** Uids of what has just been applied: the server may serve the same object under another group, too. */
  readonly applied: ReadonlySet<string>;
}

/**
 * Deletes what is no longer part of the build and still belongs to this Kustomization (flux-compat 3.7), unless that
 * is more than the delete budget allows of the managed objects.
 */
export async function prune(run: Run, engine: ApplyEngine, request: PruneRequest): Promise<PruneResult> {
  const { stale } = request;
  if (!run.object.spec.prune || stale.length === 0) return { survivors: [] };
  const { verdict, entries } = await judge(run, request);
  if (!verdict.allowed)
    return { survivors: stale, failure: retriedFailure(verdict.reason, new Error(verdict.message)) };
  const refs = entries.map(refOfEntry);
  try {
    const options = { owner: ownerOf(run), keep: request.applied, signal: run.signal };
    const changes = await engine.deleteAll(refs, options);
    const log = changeLog(changes);
    if (log !== '') tell(run, { severity: 'info', message: log });
    return { survivors: [] };
  } catch (error) {
    run.signal.throwIfAborted();
    return { survivors: survivorsOf(entries, error), failure: retriedFailure('PruneFailed', error) };
  }
}

interface Judged {
  readonly verdict: DeletionVerdict;
  readonly entries: readonly InventoryEntry[];
}

/**
 * The delete budget counts what would go. What is there no more, and what belongs to somebody else by now, is looked
 * for where the number alone is above the budget.
 */
async function judge(run: Run, { stale, managed, applied }: PruneRequest): Promise<Judged> {
  const { deleteBudget: budget, concurrentSsa: concurrency } = run.deps.options;
  const { annotations } = run.object.metadata;
  const verdict = judgeDeletion({ stale, managed, budget, annotations });
  if (verdict.allowed || verdict.reason !== budgetExceeded) return { verdict, entries: stale };
  const limits = { owner: ownerOf(run), keep: applied, concurrency, signal: run.signal };
  try {
    const going = await previewDelete(selectClient(run), stale.map(refOfEntry), limits);
    const ids = new Set(going.map(objectId));
    const entries = stale.filter(({ id }) => ids.has(id));
    return { verdict: judgeDeletion({ stale: entries, managed, budget, annotations }), entries };
  } catch {
    run.signal.throwIfAborted();
    return { verdict, entries: stale };
  }
}

/** Deletions that were confirmed, and objects that refuse deletion on purpose, are settled; all others survive. */
function survivorsOf(stale: readonly InventoryEntry[], error: unknown): InventoryEntry[] {
  const { entries } = error instanceof DeleteError ? error.changes : { entries: [] };
  const settled = entries.filter(({ action }) => action === 'deleted' || action === 'skipped');
  const ids = new Set(settled.map(({ ref }) => objectId(ref)));
  return stale.filter(({ id }) => !ids.has(id));
}
