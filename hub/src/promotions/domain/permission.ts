import type { Gate } from '@flotilla/common/fleet-api/gates';
import { hasApproved, isAuthor, isNobody } from './gates/approval.js';
import type { GateOf } from './gates/gate-facts.js';
import type { GateStage, Person, Promotion } from './promotion.js';
import { isEnd, isWaiting } from './promotion-state.js';

/** Why somebody may not do something, and what to do instead. */
export interface Refusal {
  readonly code: 'Forbidden' | 'Conflict';
  readonly message: string;
  readonly remedy: string;
}

export interface Gates {
  readonly before: readonly Gate[];
  readonly after: readonly Gate[];
}

/** For which of its gates a promotion takes approvals now; null for none. */
export function openStage(promotion: Promotion): GateStage | null {
  if (isWaiting(promotion.state)) return 'before';
  return promotion.state === 'Verifying' ? 'after' : null;
}

/** What an approval comes to. */
export type ApprovalCheck =
  | { readonly answer: 'take'; readonly stage: GateStage }
  /** The same person again: nothing changes. */
  | { readonly answer: 'known' }
  | { readonly answer: 'refuse'; readonly refusal: Refusal };

/** Whether a person may approve; `release` is what the person believes to approve. */
export function checkApproval(
  promotion: Promotion,
  gates: Gates,
  person: Person,
  release: string | undefined,
): ApprovalCheck {
  const refuse = (code: Refusal['code'], message: string, remedy: string): ApprovalCheck => ({
    answer: 'refuse',
    refusal: { code, message: `promotion "${promotion.id}": ${message}`, remedy },
  });
  const { releaseName, releaseId, environment, state } = promotion;
  if (release !== undefined && release !== releaseName && release !== releaseId)
    return refuse(
      'Conflict',
      `it is about release "${releaseName}", not "${release}"`,
      'look at what it promotes',
    );
  const closed = notOpen(promotion, gates);
  if (closed) return refuse('Conflict', closed.message, closed.remedy);
  const stage = state === 'Verifying' ? 'after' : 'before';
  if (hasApproved(promotion, stage, person)) return { answer: 'known' };
  const authorMay = approvals(gates[stage]).some((gate) => gate.authorMayApprove);
  if (isAuthor(promotion.authors, person) && !authorMay) {
    const who = `"${person.name}" is an author of release "${releaseName}" and may not approve it for ${environment}`;
    return refuse('Forbidden', who, 'ask somebody who did not write it');
  }
  if (isNobody(person) && !authorMay)
    return refuse(
      'Forbidden',
      `the token "${person.name}" has no e-mail addresses, so nobody can tell whether it is an author's, who may not approve release "${releaseName}" for ${environment}`,
      'an admin makes one that has the addresses of its owner: flotilla token create --name NAME --role operator --emails ADDRESSES; or set authorMayApprove of the gate',
    );
  const { unknown } = promotion.authors;
  if (unknown !== undefined && !authorMay)
    return refuse(
      'Conflict',
      `the author of ${unknown} is not known, so nobody can tell who may not approve it for ${environment}`,
      'add a releases.watch to the pipeline, or set authorMayApprove of the gate',
    );
  return { answer: 'take', stage };
}

/** Whether a person may reject: whoever could approve, and the author as well. */
export function checkRejection(promotion: Promotion, gates: Gates): Refusal | null {
  const closed = notOpen(promotion, gates);
  return closed && { code: 'Conflict', ...closed, message: `promotion "${promotion.id}": ${closed.message}` };
}

export function checkAbort({ id, state, wish, rolloutId }: Promotion): Refusal | null {
  const refuse = (message: string, remedy: string): Refusal => ({
    code: 'Conflict',
    message: `promotion "${id}": ${message}`,
    remedy,
  });
  if (isEnd(state)) return refuse(`it has ended as ${state}`, 'nothing is left to abort');
  if (state === 'RollingBack')
    return refuse('its clusters go back', `abort rollout "${rolloutId ?? ''}" to leave them as they are`);
  if (wish)
    return refuse(`it is being stopped already: ${wish.reason}`, 'wait until its rollout has stopped');
  return null;
}

function notOpen(
  promotion: Promotion,
  gates: Gates,
): { readonly message: string; readonly remedy: string } | null {
  const { state } = promotion;
  if (isEnd(state)) return { message: `it has ended as ${state}`, remedy: 'promote the release again' };
  const stage = openStage(promotion);
  if (stage === null)
    return { message: `it is ${state} and waits for nobody`, remedy: 'abort it to stop its rollout' };
  if (approvals(gates[stage]).length > 0) return null;
  return {
    message: `it has no approval gate ${stage} its rollout`,
    remedy: 'abort it to stop it; name a gate of type approval in the pipeline to ask people',
  };
}

function approvals(gates: readonly Gate[]): readonly GateOf<'approval'>[] {
  return gates.filter((gate) => gate.type === 'approval');
}
