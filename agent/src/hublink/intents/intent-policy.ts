import { groupOf } from '@flotilla/common/kube/object';
import type { Intent } from '@flotilla/proto/flotilla/v1/intent';
import type { ObjectRef } from '@flotilla/proto/flotilla/v1/state';

/** What is done once, when the hub asks. */
export type ActionVerb = NonNullable<Intent['action']>['$case'];

/** Verbs that a hub can ask for; pin and freeze stand until it says otherwise, and plan is a question. */
export const intentVerbs = [
  'reconcile',
  'suspend',
  'resume',
  'pin',
  'freeze',
  'plan',
] as const satisfies ReadonlyArray<ActionVerb | 'pin' | 'freeze' | 'plan'>;
export type IntentVerb = (typeof intentVerbs)[number];

/** What the owner of this cluster lets the hub do. */
export interface IntentPolicy {
  allowed: readonly IntentVerb[];
}

export type Admission =
  | { admitted: true; verb: ActionVerb; object: ObjectRef }
  | { admitted: false; message: string };

/** Only the groups that this agent reconciles: an intent must not become a way to touch anything else. */
const fluxGroups = /^[a-z]+\.toolkit\.fluxcd\.io$/;

/** Checks an intent against the local policy before anything is done. */
export function admitIntent(intent: Intent, policy: IntentPolicy, now: Date): Admission {
  const refuse = (message: string): Admission => ({ admitted: false, message });
  if (intent.expiresAt && intent.expiresAt <= now) return refuse('the intent has expired; send it again');
  if (!intent.action) return refuse('this agent does not know the action; upgrade the agent');
  const verb = intent.action.$case;
  if (!policy.allowed.includes(verb)) {
    return refuse(`this cluster does not allow ${verb} from the hub; see the agent's flag --hub-intents`);
  }
  const object = intent.action.value.object;
  if (!object?.name || !object.kind) return refuse('the intent names no object');
  if (!fluxGroups.test(groupOf(object.apiVersion))) {
    return refuse(`${object.kind} of ${object.apiVersion} is not a kind that the hub may touch`);
  }
  return { admitted: true, verb, object };
}
