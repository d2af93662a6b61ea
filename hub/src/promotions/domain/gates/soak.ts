import { durationMs } from '@flotilla/common/fleet-api/fields';
import type { GateStage, Promotion } from '../promotion.js';
import type { GateFacts, GateOf, Verdict } from './gate-facts.js';

/**
 * Before: passes once the release has been promoted in every environment before this one for the duration; in an
 * environment without one before it, once the release is that old. After: once its rollout succeeded that long ago.
 */
export function soakVerdict(
  { duration }: GateOf<'soak'>,
  stage: GateStage,
  promotion: Promotion,
  facts: GateFacts,
  now: Date,
): Verdict {
  if (stage === 'after') return soaked('the clusters have it', promotion.rolledOutAt ?? now, duration, now);
  if (facts.promotedHereAt !== null) return promotedHere(facts.promotedHereAt);
  const missing = facts.predecessors.find(({ promotedAt }) => promotedAt === null);
  if (missing) {
    return { phase: 'wait', message: `${promotion.releaseName} is not promoted in ${missing.environment}` };
  }
  const latest = facts.predecessors.reduce<{ where: string; since: Date }>(
    (last, { environment, promotedAt }) =>
      promotedAt !== null && promotedAt >= last.since
        ? { where: `${environment} has it`, since: promotedAt }
        : last,
    { where: 'the release exists', since: facts.predecessors.length === 0 ? facts.releasedAt : new Date(0) },
  );
  return soaked(latest.where, latest.since, duration, now);
}

/** What an environment has had before may come back without proof from elsewhere. */
export function promotedHere(at: Date): Verdict {
  return { phase: 'pass', message: `was promoted here before, at ${at.toISOString()}` };
}

function soaked(where: string, since: Date, duration: string, now: Date): Verdict {
  const until = new Date(since.getTime() + durationMs(duration));
  const message = `${where} since ${since.toISOString()}; soaks for ${duration}`;
  return now >= until ? { phase: 'pass', message } : { phase: 'wait', message, until };
}
