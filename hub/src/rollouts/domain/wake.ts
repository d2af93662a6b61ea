import type { Draft } from './draft.js';
import type { ClusterProgress } from './rollout.js';
import { isFinal } from './states.js';
import { isInFlight } from './tally.js';

/** How long nobody may look while something moves: agents that fall silent tell nobody. */
const lookEveryMs = 10_000;
/** The same while clusters are only waited for; less than the longest step of the clock. */
const waitEveryMs = 25_000;

/** When to look again at the latest; null when nothing can happen any more. */
export function wakeTime(draft: Draft): number | null {
  if (draft.fields.superseded) return null;
  if (draft.lookSoon) return draft.now + 1;
  const { clusters } = draft;
  const active = !isFinal(draft.state) || clusters.some(isInFlight);
  if (!active && !clusters.some(({ state }) => state === 'Deferred')) return null;
  let left = active ? lookEveryMs : waitEveryMs;
  for (const cluster of clusters) left = Math.min(left, timerOf(draft, cluster));
  const wave = draft.waves[draft.fields.wave];
  if (wave?.state === 'Soaking' && wave.soakFrom !== null) {
    const { soakMs } = draft.plan.waves[draft.fields.wave]!;
    left = Math.min(left, wave.soakFrom + soakMs - draft.elapsed);
  }
  // A timer that has run out and did nothing waits for a report.
  return draft.now + (left > 0 ? left : 1_000);
}

/** How long until time alone changes something for a cluster. */
function timerOf({ plan, elapsed }: Draft, cluster: ClusterProgress): number {
  if (cluster.state === 'Soaking') return (cluster.healthyFrom ?? elapsed) + plan.soakMs - elapsed;
  if (cluster.countingFrom === null) return Infinity;
  return plan.progressDeadlineMs - cluster.spentMs - (elapsed - cluster.countingFrom);
}
