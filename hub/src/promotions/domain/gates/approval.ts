import type { Approval, Authors, GateStage, Person, Promotion } from '../promotion.js';
import type { GateOf, Verdict } from './gate-facts.js';

/** Whether a person has made a part of what is promoted: by an e-mail address, or by the token of a release by hand. */
export function isAuthor({ emails, tokens }: Authors, person: Pick<Person, 'name' | 'emails'>): boolean {
  return tokens.includes(person.name) || person.emails.some((email) => emails.includes(email.toLowerCase()));
}

/**
 * Whether nobody can tell who is behind a token: without addresses it cannot be compared with those of authors, so it
 * could be an author's.
 */
export function isNobody({ emails }: Pick<Person, 'emails'>): boolean {
  return emails.length === 0;
}

/** Why nobody can approve as long as it is not known who may not. */
export function unknownAuthor(what: string): string {
  return `the author of ${what} is not known: add a releases.watch to the pipeline, or set authorMayApprove`;
}

/** Passes when as many people as required have approved, and as many of each group. */
export function approvalVerdict(
  { required, groups, authorMayApprove }: GateOf<'approval'>,
  stage: GateStage,
  { releaseId, approvals, authors }: Pick<Promotion, 'releaseId' | 'approvals' | 'authors'>,
): Verdict {
  const valid = approvals.filter(
    (approval) =>
      approval.stage === stage &&
      approval.releaseId === releaseId &&
      (authorMayApprove || !(isNobody(approval.person) || isAuthor(authors, approval.person))),
  );
  const people = distinctPeople(valid);
  const missing = groups
    .map(({ name, required: quota }) => ({
      name,
      left: quota - people.filter((person) => person.groups.has(name)).length,
    }))
    .filter(({ left }) => left > 0);
  const names = people.length > 0 ? ` (${people.map(({ name }) => name).join(', ')})` : '';
  const quotas = missing.map(({ name, left }) => `; ${left} more of group ${name}`).join('');
  const message = `${people.length} of ${required} approvals${names}${quotas}`;
  if (authors.unknown !== undefined && !authorMayApprove)
    return { phase: 'wait', message: `${message}; ${unknownAuthor(authors.unknown)}` };
  return { phase: people.length >= required && missing.length === 0 ? 'pass' : 'wait', message };
}

interface Approver {
  readonly name: string;
  readonly tokens: Set<string>;
  readonly emails: Set<string>;
  readonly groups: Set<string>;
}

/** The people behind approvals: the same token, or a shared e-mail address, is the same person. */
function distinctPeople(approvals: readonly Approval[]): readonly Approver[] {
  const people: Approver[] = [];
  for (const { person } of approvals) {
    const same = people.filter((one) => isSame(one, person));
    const merged: Approver = {
      name: same[0]?.name ?? person.name,
      tokens: new Set([person.tokenId, ...same.flatMap((one) => [...one.tokens])]),
      emails: new Set([...person.emails, ...same.flatMap((one) => [...one.emails])]),
      groups: new Set([...person.groups, ...same.flatMap((one) => [...one.groups])]),
    };
    const at = same[0] ? people.indexOf(same[0]) : people.length;
    for (const one of same) people.splice(people.indexOf(one), 1);
    people.splice(at, 0, merged);
  }
  return people;
}

function isSame(one: Approver, { tokenId, emails }: Person): boolean {
  return one.tokens.has(tokenId) || emails.some((email) => one.emails.has(email));
}

/** Whether the person has approved this release at this stage already, with this token or another. */
export function hasApproved(promotion: Promotion, stage: GateStage, person: Person): boolean {
  return promotion.approvals.some(
    (approval) =>
      approval.stage === stage &&
      approval.releaseId === promotion.releaseId &&
      (approval.person.tokenId === person.tokenId ||
        approval.person.emails.some((email) => person.emails.includes(email))),
  );
}
