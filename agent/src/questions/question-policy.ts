import { groupOf } from '@flotilla/common/kube/object';
import type { PlanQuestion, Question } from '@flotilla/proto/flotilla/v1/question';
import type { IntentVerb } from '../hublink/intents/intent-policy.js';

export type QuestionAdmission =
  | { readonly admitted: true; readonly plan: PlanQuestion }
  | { readonly admitted: false; readonly message: string };

/** Checks a question against the policy of this cluster before anything is done. */
export function admitQuestion(
  { expiresAt, question }: Question,
  allowed: readonly IntentVerb[],
  now: Date,
): QuestionAdmission {
  const refuse = (message: string): QuestionAdmission => ({ admitted: false, message });
  if (expiresAt && expiresAt <= now) return refuse('the question has expired; ask again');
  if (!question) return refuse('this agent does not know the question; upgrade the agent');
  if (!allowed.includes(question.$case)) {
    const flag = "see the agent's flag --hub-intents";
    return refuse(`this cluster does not allow ${question.$case} from the hub; ${flag}`);
  }
  const { source, ref } = question.value;
  if (!source?.name || !source.kind) return refuse('the question names no source');
  if (source.kind !== 'GitRepository' || groupOf(source.apiVersion) !== 'source.toolkit.fluxcd.io')
    return refuse(`${source.kind} of ${source.apiVersion}: only refs of a GitRepository can be planned`);
  if (!ref.startsWith('refs/')) return refuse(`'${ref}' is not a full ref name, such as refs/heads/feature`);
  return { admitted: true, plan: question.value };
}
