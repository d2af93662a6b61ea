import type { PredecessorFact } from './gates/gate-facts.js';
import type { Promotion } from './promotion.js';
import { isWaiting } from './promotion-state.js';

/** What an environment has. */
interface Current {
  readonly name: string;
  readonly number: number;
}

/** What came by itself does not come any more when the environments before have taken it back: why; else empty. */
export function outrunBy(
  { origin, state, releaseName, releaseNumber }: Promotion,
  before: readonly PredecessorFact[],
  current: ReadonlyMap<string, Current>,
): string {
  if (origin !== 'automatic' || !isWaiting(state)) return '';
  for (const { environment, promotedAt } of before) {
    if (promotedAt === null) return `${environment} does not have ${releaseName} any more`;
    const there = current.get(environment);
    if (there && there.number < releaseNumber) return `${environment} has gone back to ${there.name}`;
  }
  return '';
}

/** Where a release still has to be promoted before it may come; what was here before may come back. */
export function missingBefore(
  releaseName: string,
  before: readonly PredecessorFact[],
  promotedHereAt: Date | null,
): readonly string[] {
  if (promotedHereAt !== null) return [];
  return before
    .filter(({ promotedAt }) => promotedAt === null)
    .map(({ environment }) => `${releaseName} is not promoted in ${environment}`);
}
