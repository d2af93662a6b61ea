import type { Condition } from '../kube/condition.js';
import { truncateMessage } from './truncate-message.js';

/** What a reconciler says; the list adds the time. */
export type NewCondition = Omit<Condition, 'lastTransitionTime'>;

export function getCondition(conditions: readonly Condition[], type: string): Condition | undefined {
  return conditions.find((condition) => condition.type === type);
}

export function isConditionTrue(conditions: readonly Condition[], type: string): boolean {
  return getCondition(conditions, type)?.status === 'True';
}

/**
 * Sets one condition and gives the list in its order (flux-compat 1.1). lastTransitionTime becomes `now` only
 * when status, reason or message changed. Gives the same list when nothing changed at all.
 */
export function setCondition(conditions: readonly Condition[], wanted: NewCondition, now: Date): Condition[] {
  const message = truncateMessage(wanted.message);
  const old = getCondition(conditions, wanted.type);
  const same = old?.status === wanted.status && old.reason === wanted.reason && old.message === message;
  if (same && old.observedGeneration === wanted.observedGeneration) return conditions as Condition[];
  const lastTransitionTime = same ? old.lastTransitionTime : conditionTime(now);
  const others = conditions.filter((condition) => condition.type !== wanted.type);
  return sortConditions([...others, { ...wanted, message, lastTransitionTime }]);
}

/** Removes conditions. Gives the same list when there is none of them. */
export function removeCondition(conditions: readonly Condition[], ...types: readonly string[]): Condition[] {
  const kept = conditions.filter((condition) => !types.includes(condition.type));
  return kept.length === conditions.length ? (conditions as Condition[]) : kept;
}

/** Reconciling True; an object cannot be stalled at the same time (flux-compat 1.1). */
export function markReconciling(
  conditions: readonly Condition[],
  wanted: Omit<NewCondition, 'type' | 'status'>,
  now: Date,
): Condition[] {
  return setCondition(
    removeCondition(conditions, 'Stalled'),
    { ...wanted, type: 'Reconciling', status: 'True' },
    now,
  );
}

/** Stalled True: nothing will be tried again until the object changes (flux-compat 1.1). */
export function markStalled(
  conditions: readonly Condition[],
  wanted: Omit<NewCondition, 'type' | 'status'>,
  now: Date,
): Condition[] {
  return setCondition(
    removeCondition(conditions, 'Reconciling'),
    { ...wanted, type: 'Stalled', status: 'True' },
    now,
  );
}

const first = ['Stalled', 'Reconciling', 'Ready'];

/** Stalled, Reconciling, Ready; then by higher observedGeneration, then by type (flux-compat 1.1). */
export function sortConditions(conditions: readonly Condition[]): Condition[] {
  return conditions.toSorted((a, b) => {
    const rank = rankOf(a.type) - rankOf(b.type);
    if (rank !== 0) return rank;
    const generation = (b.observedGeneration ?? 0) - (a.observedGeneration ?? 0);
    if (generation !== 0) return generation;
    return a.type < b.type ? -1 : a.type > b.type ? 1 : 0;
  });
}

function rankOf(type: string): number {
  const rank = first.indexOf(type);
  return rank < 0 ? first.length : rank;
}

/** A metav1.Time: RFC 3339 in UTC, whole seconds. */
export function conditionTime(now: Date): string {
  return `${now.toISOString().slice(0, 19)}Z`;
}
