import type { Observations } from './begin.js';
import { beginClusters } from './begin.js';
import type { Draft } from './draft.js';
import type { Tally } from './tally.js';
import { tallyOf } from './tally.js';

/** Goes on with the waves of a rollout that runs, as far as it gets just now. */
export function progress(draft: Draft, observations: Observations): void {
  for (;;) {
    const index = draft.fields.wave;
    const wave = draft.waves[index];
    if (wave?.state === 'Pending') draft.moveWave(index, 'Running');
    const tally = tallyOf(draft);
    beginClusters(draft, observations, tally);
    draft.fields.reason = '';
    if (tally.unsettled > 0) return void (wave?.state === 'Soaking' && draft.moveWave(index, 'Running'));
    if (wave === undefined) return finish(draft, tally);
    if (!isProven(draft, tally) || !hasSoaked(draft, index, tally)) return;
    draft.moveWave(index, 'Done');
    draft.fields.wave += 1;
  }
}

/**
 * As long as no cluster has shown that the revision works, and some that should have are away, nobody follows: a
 * canary that is unplugged is no canary.
 */
function isProven(draft: Draft, tally: Tally): boolean {
  if (tally.done > 0) return true;
  const { wave } = draft.fields;
  const away = draft.clusters.filter(
    (cluster) => cluster.state === 'Deferred' && cluster.wave !== null && cluster.wave <= wave,
  );
  if (away.length === 0 && tally.catchingUp === 0) return true;
  draft.fields.reason =
    `no cluster has taken the revision yet: ${away.length + tally.catchingUp} of wave ` +
    `${draft.plan.waves[wave]?.name} are or were offline; skip-wave goes on without them`;
  return false;
}

/** A wave soaks while all of it that is done stays healthy. */
function hasSoaked(draft: Draft, index: number, tally: Tally): boolean {
  const { soakMs } = draft.plan.waves[index]!;
  if (soakMs === 0) return true;
  if (draft.waves[index]!.state === 'Running') draft.moveWave(index, 'Soaking');
  if (tally.relapsed > 0) draft.soakAgain(index);
  return draft.elapsed - (draft.waves[index]!.soakFrom ?? draft.elapsed) >= soakMs;
}

/** Every wave is over and every cluster settled, but those that are away or catch up. */
function finish(draft: Draft, { done, failed, deferred, catchingUp }: Tally): void {
  const { clusters } = draft;
  const stopped = clusters.filter(({ state, cause }) => state === 'Skipped' && cause === 'stopped').length;
  const skipped = clusters.filter(({ state }) => state === 'Skipped').length;
  const counts = [
    [failed, 'failed'],
    [skipped, 'skipped'],
    [deferred + catchingUp, 'to catch up'],
  ] as const;
  const rest = counts.filter(([count]) => count > 0).map(([count, what]) => `, ${count} ${what}`);
  const result = `${done} of ${clusters.length} clusters done${rest.join('')}`;
  if (clusters.length === 0) return draft.become('Succeeded', 'the environment has no cluster');
  if (stopped > 0) return draft.become('Failed', `${result}; ${stopped} were never begun`);
  if (done > 0) return draft.become('Succeeded', result);
  if (failed > 0) return draft.become('Failed', result);
  const movedOn = clusters.some(({ cause }) => cause === 'moved-on');
  const why = movedOn
    ? 'its clusters have moved on to another revision'
    : 'no cluster has taken the revision';
  draft.become('Aborted', `${why}: ${result}`);
}
