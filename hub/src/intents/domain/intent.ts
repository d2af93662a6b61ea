export const intentActions = ['reconcile', 'suspend', 'resume'] as const;
export type IntentAction = (typeof intentActions)[number];

export const intentStates = [
  'Pending',
  'Delivered',
  'Accepted',
  'Succeeded',
  'Failed',
  'Refused',
  'Expired',
] as const;
export type IntentState = (typeof intentStates)[number];

/** States in which an answer of the agent is still expected. */
export const openStates = ['Pending', 'Delivered', 'Accepted'] as const satisfies readonly IntentState[];

/** How long the outcome of an accepted intent is waited for beyond its expiry: a reconcile takes its time. */
export const outcomeGraceMs = 3_600_000;

/** What an agent said, or what happened to the delivery. */
export type IntentEvent =
  | { readonly type: 'delivered' }
  | {
      readonly type: 'answered';
      readonly state: 'Accepted' | 'Succeeded' | 'Failed' | 'Refused';
      readonly message: string;
    };

export interface IntentProgress {
  readonly state: IntentState;
  readonly message: string;
}

/**
 * The next state, or null when nothing changes. What an agent said last word about stays; an intent that was given
 * up still takes the agent's late answer, because that is what happened in the cluster.
 */
export function nextProgress(current: IntentProgress, event: IntentEvent): IntentProgress | null {
  if (event.type === 'delivered')
    return current.state === 'Pending' ? { state: 'Delivered', message: '' } : null;
  if (['Succeeded', 'Failed', 'Refused'].includes(current.state)) return null;
  if (event.state === 'Accepted' && (current.state === 'Accepted' || current.state === 'Expired'))
    return null;
  return { state: event.state, message: event.message };
}

/** What is known of a cluster and of the object on it when an intent is made. */
export interface IntentTarget {
  readonly cluster: string;
  readonly revoked: boolean;
  readonly reported: boolean;
  /** apiVersion of the object as the cluster reports it; null when it does not. */
  readonly apiVersion: string | null;
}

/** A new intent waits to be sent, unless it is clear at once that the cluster could not carry it out. */
export function firstProgress(target: IntentTarget, object: string): IntentProgress {
  const refused = (message: string): IntentProgress => ({ state: 'Refused', message });
  if (target.revoked) return refused(`cluster "${target.cluster}": its identity has been revoked`);
  if (!target.reported) return refused(`cluster "${target.cluster}": its agent has not reported yet`);
  if (target.apiVersion === null) return refused(`${object} is not reported by cluster "${target.cluster}"`);
  return { state: 'Pending', message: '' };
}
