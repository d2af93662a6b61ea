import type { Draft } from './draft.js';
import { startRollback, stopWaiting, turnBack } from './roll-back.js';
import { hasFailed } from './tally.js';
import { clusters } from './words.js';

/** How many failed clusters the rollout bears just now. */
export function borneFailures({ plan, fields }: Draft): number {
  return Math.max(plan.failureBudget, fields.accepted);
}

/** Does what the strategy says when more clusters have failed than the budget allows. */
export function judgeFailures(draft: Draft): void {
  const failed = draft.clusters.filter(hasFailed);
  const borne = borneFailures(draft);
  if (failed.length <= borne) return;
  const first = failed.find(({ message }) => message !== '') ?? failed[0]!;
  const reason = `${clusters(failed.length)} failed, the budget is ${borne}; ${first.name}: ${first.message}`;
  if (reaction(draft) !== 'pause') vetoRevisions(draft, reason);
  react(draft, reason);
}

/** Stops a rollout by its strategy, whatever the cause. */
export function react(draft: Draft, reason: string): void {
  const what = reaction(draft);
  if (what === 'rollback') startRollback(draft, reason);
  else if (what === 'abort') {
    stopWaiting(draft, 'stopped');
    draft.become('Failed', reason);
  } else if (draft.state === 'Running') draft.become('Paused', reason);
}

/** A cluster failed although the rollout is over: it alone goes back, and too many of them stop the catching up. */
export function judgeLateFailure(draft: Draft, index: number): void {
  draft.fields.lateFailures += 1;
  if (draft.fields.lateFailures > draft.plan.failureBudget) draft.fields.halted = true;
  if (reaction(draft) !== 'rollback') return;
  draft.patch(index, { cause: 'caught-up-badly' });
  turnBack(draft, index);
}

/**
 * Vetoes what is to blame: revisions that were new to every cluster that failed; where there is none, those that were
 * new to one of them. What a cluster had before and stays at is not to blame.
 */
export function vetoRevisions(draft: Draft, reason: string): void {
  if (!draft.plan.veto || draft.plan.kind === 'rollback') return;
  const failed = draft.clusters.filter(hasFailed);
  const items = draft.plan.revisions.map((_, item) => item);
  const isNew = (item: number) => (cluster: (typeof failed)[number]) =>
    cluster.previous[item] !== draft.plan.revisions[item];
  const forAll = items.filter((item) => failed.every(isNew(item)));
  const blamed = forAll.length > 0 ? forAll : items.filter((item) => failed.some(isNew(item)));
  if (blamed.length > 0) draft.actions.push({ type: 'veto', items: blamed, reason });
}

/** Without pins there is nothing to take back. */
function reaction({ plan }: Draft): 'rollback' | 'pause' | 'abort' {
  return plan.onFailure === 'rollback' && plan.delivery === 'follow' ? 'abort' : plan.onFailure;
}
