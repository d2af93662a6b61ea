/** Who has asked that a promotion may pass a freeze, and who else has allowed it. */
export interface BreakGlassRequest {
  readonly requestedBy: string;
  readonly requestedToken: string;
  /** Of that token; lower case. */
  readonly requestedEmails: readonly string[];
  /** The token has been revoked since: whoever asked may not ask any more. */
  readonly isRevoked: boolean;
  readonly expiresAt: Date;
  readonly grantedAt: Date | null;
}

/** Who calls. */
export interface Person {
  readonly name: string;
  readonly tokenId: string;
  /** Lower case. */
  readonly emails: readonly string[];
}

export type BreakGlassDecision =
  /** The first of two; or the one before has waited too long, or has lost the token. */
  | 'ask'
  | 'grant'
  /** It is allowed already; nothing changes. */
  | 'granted'
  /** The same person cannot be both. */
  | 'same person';

/** A second person has so long. */
export const breakGlassTtlMs = 15 * 60_000;

export function decideBreakGlass(
  request: BreakGlassRequest | null,
  person: Person,
  now: Date,
): BreakGlassDecision {
  if (request === null) return 'ask';
  if (request.grantedAt !== null) return 'granted';
  if (request.expiresAt <= now || request.isRevoked) return 'ask';
  return isSame(request, person) ? 'same person' : 'grant';
}

/** Two tokens of one name or with an address in common are one person, and one token is, whatever it is called. */
function isSame(
  { requestedBy, requestedToken, requestedEmails }: BreakGlassRequest,
  { name, tokenId, emails }: Person,
): boolean {
  return (
    requestedBy === name ||
    requestedToken === tokenId ||
    emails.some((email) => requestedEmails.includes(email))
  );
}
