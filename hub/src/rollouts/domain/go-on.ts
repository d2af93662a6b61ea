import { decide, isOpen } from './decide.js';
import type { Rollout, RolloutEvent } from './rollout.js';

const ownFields = [
  'state',
  'reason',
  'wave',
  'sequence',
  'accepted',
  'lateFailures',
  'halted',
  'superseded',
] as const;

/** Whether anything but the clock changed: only then are people and the database told. */
export function hasChanged(before: Rollout, after: Rollout): boolean {
  if (before.clusters !== after.clusters || before.waves !== after.waves) return true;
  return ownFields.some((field) => before[field] !== after[field]) || isOpen(before) !== isOpen(after);
}

/**
 * Whether to look again at once after `event` has brought a rollout from `before` to `after`: what is known decides
 * more, or clusters have another goal, by which they have to be looked at anew. Otherwise only a report, a command or
 * time changes anything.
 */
export function isToGoOn(before: Rollout, after: Rollout, event: RolloutEvent, now: number): boolean {
  if (!hasChanged(before, after)) return false;
  const turned = after.clusters.some(({ goal }, index) => goal !== (before.clusters[index]?.goal ?? goal));
  return turned || hasChanged(after, decide(after, event, now).state);
}
