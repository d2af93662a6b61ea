import type { RolloutCommandType } from '../rollouts.js';
import type { Draft } from './draft.js';
import { borneFailures, vetoRevisions } from './failures.js';
import type { ClusterProgress, Rollout } from './rollout.js';
import { giveUp, startRollback, stopWaiting } from './roll-back.js';
import { commandStates, isFinal } from './states.js';
import { hasFailed } from './tally.js';

/** Why a command cannot be carried out just now; null when it can. */
export function commandProblem(rollout: Rollout, command: RolloutCommandType): string | null {
  const { state, plan, superseded, halted, clusters, wave } = rollout;
  if (superseded) return 'a later rollout has taken over, or its pipeline is gone';
  if (!commandStates[command].includes(state))
    return `it is ${state}; ${command} needs ${commandStates[command].join(' or ')}`;
  if (command === 'resume' && state === 'Succeeded' && !halted) return 'nothing is stopped';
  if (command === 'skip-wave' && wave >= plan.waves.length) return 'all its waves are over';
  if (command === 'retry-failed' && !clusters.some(isRetried))
    return clusters.some((cluster) => cluster.state === 'Failed')
      ? 'what failed is the way back; rollback tries that again'
      : 'no cluster has failed';
  if (command === 'rollback' && plan.delivery === 'follow')
    return 'its clusters follow their ref, so that there is no pin to take back; revert the commit';
  return null;
}

/** Carries out what a person asks for; what the state does not allow changes nothing. */
export function carryOut(draft: Draft, command: RolloutCommandType, by: string, reason: string): void {
  const words = `by ${by}${reason === '' ? '' : `: ${reason}`}`;
  switch (command) {
    case 'pause':
      return draft.become('Paused', `paused ${words}`);
    case 'resume':
      return resume(draft);
    case 'abort':
      stopWaiting(draft, 'aborted');
      return draft.become('Aborted', `aborted ${words}`);
    case 'skip-wave':
      return skipWave(draft, words);
    case 'retry-failed':
      return retryFailed(draft);
    case 'rollback': {
      const failed = draft.clusters.filter(hasFailed).length;
      if (failed > borneFailures(draft)) vetoRevisions(draft, `rolled back ${words}`);
      return startRollback(draft, `rolled back ${words}`);
    }
  }
}

/** Going on means to bear the clusters that have failed so far. */
function resume(draft: Draft): void {
  draft.fields.halted = false;
  draft.fields.lateFailures = 0;
  if (draft.state !== 'Paused') return;
  draft.fields.accepted = Math.max(draft.fields.accepted, draft.clusters.filter(hasFailed).length);
  draft.become('Running', '');
}

function skipWave(draft: Draft, words: string): void {
  const { wave } = draft.fields;
  draft.clusters.forEach((cluster, index) => {
    if (cluster.wave !== null && cluster.wave <= wave)
      giveUp(draft, index, cluster, `wave skipped ${words}`, 'wave');
  });
  if (draft.waves[wave]!.state === 'Pending') draft.moveWave(wave, 'Running');
  draft.moveWave(wave, 'Skipped');
  draft.fields.wave += 1;
}

/** Exactly the failed set, with the same inputs; and what was not begun only because of a failed neighbour. */
function retryFailed(draft: Draft): void {
  let inTurn = false;
  draft.clusters.forEach((cluster, index) => {
    if (!isRetried(cluster)) return;
    const later = cluster.wave === null || cluster.catchingUp || cluster.state === 'RolledBack';
    const change = { goal: 'target', pinned: false, catchingUp: false, cause: '' } as const;
    draft.move(index, later ? 'Deferred' : 'Pending', 'to be retried', change);
    inTurn ||= !later;
  });
  draft.fields.halted = false;
  draft.fields.lateFailures = 0;
  const { state } = draft;
  const last = draft.plan.waves.length - 1;
  if (inTurn) draft.fields.wave = isFinal(state) ? last : Math.min(draft.fields.wave, last);
  const wave = draft.fields.wave;
  if (inTurn && draft.waves[wave]!.state !== 'Running') draft.moveWave(wave, 'Running');
  if (state === 'Paused' || (inTurn && isFinal(state))) draft.become('Running', '');
}

/** Whether `retry-failed` is about this cluster. */
export function isRetried(cluster: ClusterProgress): boolean {
  if (hasFailed(cluster)) return true;
  if (cluster.state === 'Skipped') return cluster.cause === 'domain';
  return cluster.state === 'RolledBack' && cluster.cause === 'caught-up-badly';
}
