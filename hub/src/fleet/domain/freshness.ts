export const freshnessStates = ['Live', 'Stale', 'Lost'] as const;

/** How old the last word of a cluster's agent is. */
export type Freshness = (typeof freshnessStates)[number];

/** From this age on a confirmation is stale; an agent confirms every few seconds. */
export const staleAfterMs = 20_000;
/** From this age on a cluster counts as lost. */
export const lostAfterMs = 300_000;

/** Freshness of what an agent confirmed last at `confirmedAt`; null when it never reported. */
export function freshnessOf(confirmedAt: Date | null, now: Date): Freshness {
  if (confirmedAt === null) return 'Lost';
  const age = now.getTime() - confirmedAt.getTime();
  if (age >= lostAfterMs) return 'Lost';
  return age >= staleAfterMs ? 'Stale' : 'Live';
}
