/** How much one prune may delete. The larger of both counts; unlimited when it is switched off. */
export type DeleteBudget = { unlimited: true } | { unlimited: false; percent: number; objects: number };

/** DESIGN promise 7: a fifth of what is managed, but never fewer than a handful of objects. */
export const defaultDeleteBudget = '20%/10';

/** What a budget looks like, for errors. */
export const deleteBudgetSyntax =
  'a number of objects (10), a share of the inventory (20%), the larger of both (20%/10), or off';

const shape = /^(?:(\d{1,3})%)?(?:(?<=%)\/)?(\d{1,9})?$/;

/** Reads the text of --delete-budget or of the annotation; undefined when it is no budget. */
export function parseDeleteBudget(text: string): DeleteBudget | undefined {
  const trimmed = text.trim();
  if (trimmed === 'off') return { unlimited: true };
  const match = shape.exec(trimmed);
  if (!match || trimmed === '' || trimmed.endsWith('/')) return undefined;
  const [percent, objects] = [Number(match[1] ?? 0), Number(match[2] ?? 0)];
  return percent <= 100 ? { unlimited: false, percent, objects } : undefined;
}

/** How many of so many managed objects one prune may delete. */
export function allowedDeletions(budget: DeleteBudget, managed: number): number {
  if (budget.unlimited) return Number.POSITIVE_INFINITY;
  return Math.max(Math.floor((managed * budget.percent) / 100), budget.objects);
}
