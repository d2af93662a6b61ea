import { inventoryDigest, refOfEntry, type InventoryEntry } from '@flotilla/common/inventory/inventory';
import { formatRef } from '@flotilla/common/kube/object';
import {
  allowedDeletions,
  deleteBudgetSyntax,
  parseDeleteBudget,
  type DeleteBudget,
} from './delete-budget.js';

/** Sets the budget of one Kustomization. */
export const budgetAnnotation = 'fleet.flotilla.dev/delete-budget';
/** Carries the digest of the one list of objects that may be deleted although it is above the budget. */
export const approvalAnnotation = 'fleet.flotilla.dev/approve-deletion';

/** Reason of the condition when a prune is above the budget and not approved. */
export const budgetExceeded = 'DeleteBudgetExceeded';

/** Names in a message; a list that is longer than this is told by its digest. */
const namesShown = 200;

export interface DeletionRequest {
  /** What would be deleted. */
  stale: readonly InventoryEntry[];
  /** Objects that the Kustomization has managed so far. */
  managed: number;
  /** --delete-budget. */
  budget: DeleteBudget;
  annotations: Readonly<Record<string, string>> | undefined;
}

export type DeletionVerdict = { allowed: true } | { allowed: false; reason: string; message: string };

/**
 * Decides whether a prune may begin. An approval is good for exactly one list: as soon as one object more or fewer
 * would go, its digest is another one.
 */
export function judgeDeletion(request: DeletionRequest): DeletionVerdict {
  const { stale, managed, annotations } = request;
  const text = annotations?.[budgetAnnotation];
  const budget = text === undefined ? request.budget : parseDeleteBudget(text);
  if (!budget) {
    const message = `annotation ${budgetAnnotation} is ${JSON.stringify(text)}; expected ${deleteBudgetSyntax}. Nothing was deleted`;
    return { allowed: false, reason: 'InvalidDeleteBudget', message };
  }
  const allowed = allowedDeletions(budget, managed);
  if (stale.length <= allowed) return { allowed: true };
  const digest = inventoryDigest(stale);
  if (annotations?.[approvalAnnotation] === digest) return { allowed: true };
  return { allowed: false, reason: budgetExceeded, message: exceeded(request, allowed, digest) };
}

function exceeded({ stale, managed }: DeletionRequest, allowed: number, digest: string): string {
  const names = stale.map((entry) => formatRef(refOfEntry(entry))).sort();
  const more = names.length > namesShown ? ` and ${names.length - namesShown} more` : '';
  return (
    `${stale.length} of ${managed} objects would be deleted, the delete budget allows ${allowed}; nothing was deleted. ` +
    `To approve exactly this list, set the annotation ${approvalAnnotation}: ${digest}\n` +
    `${names.slice(0, namesShown).join('\n')}${more}`
  );
}
