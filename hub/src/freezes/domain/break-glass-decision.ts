/** Who has asked that a promotion may pass a freeze, and who else has allowed it. */
export interface BreakGlassRequest {
  readonly requestedBy: string;
  readonly requestedToken: string;
  readonly expiresAt: Date;
  readonly grantedAt: Date | null;
}

/** Who calls. */
export interface Person {
  readonly name: string;
  readonly tokenId: string;
}

export type BreakGlassDecision =
  /** The first of two, or the one before has waited too long. */
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
  if (request.expiresAt <= now) return 'ask';
  // Two tokens of one name are one person, and one token is one person whatever it is called.
  const isSame = request.requestedBy === person.name || request.requestedToken === person.tokenId;
  return isSame ? 'same person' : 'grant';
}
