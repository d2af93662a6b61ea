import type { RolloutEnd, RolloutState } from '@flotilla/common/fleet-api/rollout-state';
import type { RolloutCommandType } from '../rollouts.js';

/** States of a cluster in a rollout. */
export const clusterStates = [
  'Pending',
  'Moving',
  'Soaking',
  'Done',
  'Failed',
  'Deferred',
  'Dropped',
  'Skipped',
  'RollingBack',
  'RolledBack',
] as const;
export type ClusterState = (typeof clusterStates)[number];

/** States of a wave. */
export const waveStates = ['Pending', 'Running', 'Soaking', 'Done', 'Skipped'] as const;
export type WaveState = (typeof waveStates)[number];

/** From a state to each state that may follow, with what leads there. */
export type TransitionTable<State extends string> = {
  readonly [From in State]: { readonly [To in State]?: string };
};

/** docs/spec/rollouts.md publishes these tables; a test holds the two together. */
export const rolloutTransitions: TransitionTable<RolloutState> = {
  Pending: {
    Running: 'its clusters are looked at for the first time',
    Aborted: 'abort',
  },
  Running: {
    Paused: 'pause, or more clusters failed than the budget allows with `onFailure: pause`',
    RollingBack: 'rollback, or more clusters failed than the budget allows with `onFailure: rollback`',
    Succeeded: 'every wave is done and every cluster is settled',
    Failed:
      'more clusters failed than the budget allows with `onFailure: abort`, or clusters were never begun',
    Aborted: 'abort, or every cluster has moved on to another revision by itself (`delivery: follow`)',
  },
  Paused: {
    Running: 'resume, retry-failed',
    RollingBack: 'rollback, or more clusters failed than the budget allows with `onFailure: rollback`',
    Failed: 'more clusters failed than the budget allows with `onFailure: abort`',
    Aborted: 'abort',
  },
  RollingBack: {
    RolledBack: 'every touched cluster that can be reached is back',
    Failed: 'every touched cluster that can be reached is settled, but some could not be taken back',
    Aborted: 'abort',
  },
  Succeeded: { Running: 'retry-failed', RollingBack: 'rollback' },
  Failed: { Running: 'retry-failed', RollingBack: 'rollback' },
  Aborted: { RollingBack: 'rollback' },
  RolledBack: {},
};

export const waveTransitions: TransitionTable<WaveState> = {
  Pending: {
    Running: 'the wave before it is done or skipped',
    Skipped: 'the rollout stopped before it',
  },
  Running: {
    Soaking: 'its clusters are settled, and it has a soak time',
    Done: 'its clusters are settled, and it has no soak time',
    Skipped: 'skip-wave, or the rollout stopped in it',
  },
  Soaking: {
    Running: 'a cluster joined it, or is retried',
    Done: 'its clusters stayed healthy for the soak time',
    Skipped: 'skip-wave, or the rollout stopped in it',
  },
  Done: { Running: 'a cluster of it is retried, or joined the last wave' },
  Skipped: { Running: 'a cluster of it is retried' },
};

export const clusterTransitions: TransitionTable<ClusterState> = {
  Pending: {
    Moving: 'there is room for it',
    Deferred: 'it is offline when its turn comes',
    Skipped: 'skip-wave, the rollout stopped, or a cluster of its failure domain failed',
    Failed: 'its retry is given up: skip-wave, or the rollout stopped',
    Dropped: 'it left the fleet, or its labels do not match any more (`relabelled: drop`)',
  },
  Moving: {
    Soaking: 'its agent reports the revision, healthy',
    Failed: 'its agent reports a failure or a refusal, or the progress deadline has passed',
    Deferred: 'it went offline',
    Skipped: 'it has moved on to another revision by itself (`delivery: follow`)',
    RollingBack: 'the rollout rolls back',
    RolledBack: 'the rollout rolls back, and it has no other revision to go back to',
    Dropped: 'it left the fleet, or a later rollout has taken over or its pipeline is gone',
  },
  Soaking: {
    Moving: 'it is not healthy any more, but has not failed',
    Done: 'it stayed healthy for the soak time',
    Failed: 'its agent reports a failure',
    Deferred: 'it went offline',
    Skipped: 'it has moved on to another revision by itself (`delivery: follow`)',
    RollingBack: 'the rollout rolls back',
    RolledBack: 'the rollout rolls back, and it has no other revision to go back to',
    Dropped: 'it left the fleet, or a later rollout has taken over or its pipeline is gone',
  },
  Done: {
    Failed: 'it failed again, or was not healthy for the progress deadline, before the rollout ended',
    RollingBack: 'the rollout rolls back, and it is its turn',
    RolledBack: 'the rollout rolls back, and it has no other revision to go back to',
    Deferred: 'the rollout rolls back, and it is offline',
    Dropped:
      'the rollout rolls back, and it has left the fleet; or a later rollout has taken over or its pipeline is gone',
  },
  Failed: {
    Pending: 'retry-failed',
    Deferred: 'retry-failed of a cluster that catches up; or the rollout rolls back, and it is offline',
    RollingBack: 'the rollout rolls back, or it failed while it caught up with `onFailure: rollback`',
    RolledBack: 'the rollout rolls back, and it has no other revision to go back to',
    Dropped:
      'the rollout rolls back, and it has left the fleet; or a later rollout has taken over or its pipeline is gone',
  },
  Deferred: {
    Moving: 'it is back, and there is room in the batch that catches up',
    RollingBack: 'it is back after the rollout rolled back',
    RolledBack: 'it is back, and has its earlier revision',
    Skipped: 'skip-wave, the rollout stopped, or a cluster of its failure domain failed',
    Failed: 'its retry is given up: skip-wave, or the rollout stopped',
    Dropped:
      'it left the fleet, its labels do not match any more, or a later rollout has taken over or its pipeline is gone',
  },
  Dropped: {
    Pending: 'it belongs to the environment again (`joined: last-wave`)',
    Deferred: 'it belongs to the environment again (`joined: after`), or had been touched before it left',
  },
  Skipped: {
    Pending: 'retry-failed, where only a failed cluster of its failure domain had kept it',
    Deferred: 'the same, of a cluster that catches up',
    Dropped: 'a later rollout has taken over or its pipeline is gone',
  },
  RollingBack: {
    RolledBack: 'its agent reports the earlier revision, healthy',
    Failed: 'its agent reports a failure or a refusal, or the progress deadline has passed',
    Deferred: 'it went offline',
    Dropped: 'it left the fleet, or a later rollout has taken over or its pipeline is gone',
  },
  RolledBack: {
    Deferred: 'retry-failed of a cluster that failed while it caught up',
    Dropped: 'a later rollout has taken over or its pipeline is gone',
  },
};

/** In which states of a rollout a command is taken. */
export const commandStates: Readonly<Record<RolloutCommandType, readonly RolloutState[]>> = {
  pause: ['Running'],
  resume: ['Paused', 'Succeeded'],
  abort: ['Pending', 'Running', 'Paused', 'RollingBack'],
  'skip-wave': ['Running', 'Paused'],
  'retry-failed': ['Running', 'Paused', 'Failed', 'Succeeded'],
  rollback: ['Running', 'Paused', 'Succeeded', 'Failed', 'Aborted'],
};

/** Something wanted to go from a state to one that the table does not have: a mistake of the program. */
export class IllegalTransitionError extends Error {
  override readonly name = 'IllegalTransitionError';
}

/** @throws IllegalTransitionError */
export function assertTransition<State extends string>(
  table: TransitionTable<State>,
  what: string,
  from: State,
  to: State,
): void {
  if (table[from][to] === undefined) throw new IllegalTransitionError(`${what}: ${from} cannot become ${to}`);
}

export function isFinal(state: RolloutState): state is RolloutEnd {
  return state === 'Succeeded' || state === 'Failed' || state === 'Aborted' || state === 'RolledBack';
}
