import type { RolloutSummary } from '../rollouts.js';

type Progress = Pick<
  RolloutSummary,
  'id' | 'state' | 'reason' | 'wave' | 'waveNumber' | 'waves' | 'clusters' | 'frozen'
>;

/** What is told beside those that are where they belong. */
const alsoTold = ['Failed', 'Deferred'] as const;

/**
 * Which rollout something waits for, and how far it is: "rollout 0199…: wave canary (1 of 3), 2 of 12 clusters done", with
 * what keeps it from going on.
 */
export function progressText(rollout: Progress): string {
  const { id, state, reason, frozen } = rollout;
  const parts = [state === 'RollingBack' ? 'rolls back' : waveText(rollout), clustersText(rollout)];
  const how = parts.filter((part) => part !== '').join(', ');
  const paused = state === 'Paused' ? ` is paused${reason === '' ? '' : ` (${reason})`}` : '';
  const holds = [
    ...(state === 'Running' && reason !== '' ? [reason] : []),
    ...(frozen === null ? [] : [frozen]),
  ];
  return [`rollout ${id}${paused}: ${how}`, ...holds].join('; ');
}

function waveText({ wave, waveNumber, waves }: Progress): string {
  return wave === null || waveNumber === null ? '' : `wave ${wave} (${waveNumber} of ${waves})`;
}

function clustersText({ state, clusters }: Progress): string {
  const isBack = state === 'RollingBack';
  const inIt = Object.entries(clusters).filter(
    ([name]) => name !== 'Dropped' && !(isBack && name === 'Skipped'),
  );
  const all = inIt.reduce((sum, [, count]) => sum + count, 0);
  const others = alsoTold.flatMap((name) => {
    const count = clusters[name] ?? 0;
    return count > 0 ? [`${count} ${name.toLowerCase()}`] : [];
  });
  const noun = all === 1 ? 'cluster' : 'clusters';
  const there = isBack
    ? `${clusters['RolledBack'] ?? 0} of ${all} ${noun} back`
    : `${clusters['Done'] ?? 0} of ${all} ${noun} done`;
  return [there, ...others].join(', ');
}
