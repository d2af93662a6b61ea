import type { FoldedPlan } from './fold.js';
import type { QuestionState } from './plan.js';
import { planState } from './plan.js';

/** What a commit status says. */
export interface CommitStatus {
  readonly state: 'pending' | 'success' | 'failure';
  readonly description: string;
}

/** GitHub takes no more. */
const longest = 140;

/** The status of a pull request by its plan: `12 objects on 3 clusters`, or what is in the way. */
export function commitStatus(
  states: Readonly<Partial<Record<QuestionState, number>>>,
  { totals, failures }: Pick<FoldedPlan, 'totals' | 'failures'>,
): CommitStatus {
  const state = planState(states);
  if (state === 'Running') return { state: 'pending', description: 'asking clusters what would change' };
  const extent = extentOf(totals);
  if (state === 'Complete') return { state: 'success', description: extent };
  const [failure] = failures;
  const others = (['Failed', 'Refused', 'Unreachable'] as const)
    .map((name) => [states[name] ?? 0, name] as const)
    .filter(([count]) => count > 0)
    .map(([count, name]) => `${plural(count, 'cluster')} ${name}`);
  const named = failure ? `: Kustomization ${failure.kustomization.name}` : '';
  return { state: 'failure', description: cut(`${others.join(', ')}${named}; ${extent}`) };
}

function extentOf({ objects, clusters }: FoldedPlan['totals']): string {
  return objects === 0 ? 'no changes' : `${plural(objects, 'object')} on ${plural(clusters, 'cluster')}`;
}

function plural(count: number, name: string): string {
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

function cut(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}
