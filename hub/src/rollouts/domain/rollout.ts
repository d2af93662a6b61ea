import type { CountOrPercentage } from '@flotilla/common/fleet-api/fields';
import type { RolloutEnd, RolloutState } from '@flotilla/common/fleet-api/rollout-state';
import type { RolloutCommandType } from '../rollouts.js';
import type { ClusterState, WaveState } from './states.js';

/** What is fixed when a rollout starts. Percentages are counts by now, of the clusters that were there. */
export interface RolloutPlan {
  readonly kind: 'promotion' | 'rollback';
  readonly delivery: 'pins' | 'follow' | 'git';
  /** The revisions to reach, one a source. */
  readonly revisions: readonly string[];
  readonly waves: readonly PlannedWave[];
  readonly maxConcurrent: number;
  readonly failureBudget: number;
  readonly onFailure: 'rollback' | 'pause' | 'abort';
  readonly veto: boolean;
  readonly soakMs: number;
  readonly progressDeadlineMs: number;
  readonly offlineAfterMs: number;
  readonly joined: 'last-wave' | 'after' | 'ignore';
  readonly relabelled: 'keep' | 'drop';
  readonly catchUpBatch: CountOrPercentage;
}

export interface PlannedWave {
  readonly name: string;
  readonly maxConcurrent: number;
  readonly soakMs: number;
}

/** A wave as it stands. */
export interface WaveProgress {
  readonly state: WaveState;
  /** By the clock of the rollout: since when all its clusters are well; null while it does not soak. */
  readonly soakFrom: number | null;
  /** Times for people, in milliseconds since 1970. */
  readonly beganAt: number | null;
  readonly endedAt: number | null;
}

/** Why a cluster was skipped, or taken back alone: it decides what a retry means for it. */
export type Cause = '' | 'wave' | 'domain' | 'stopped' | 'moved-on' | 'caught-up-badly';

/** A cluster in a rollout. Times named `…From` and `…Ms` are of the rollout's own clock. */
export interface ClusterProgress {
  readonly id: string;
  readonly name: string;
  /** Value of the label that names failure domains, as it was when the cluster was taken in. */
  readonly domain: string | null;
  /** Index of its wave; null: it joined later and catches up. */
  readonly wave: number | null;
  readonly state: ClusterState;
  readonly message: string;
  readonly cause: Cause;
  /** Where it is to go: to the revisions of the rollout, or back to its own. */
  readonly goal: 'target' | 'previous';
  /** Place in the order in which clusters were begun, from 1; 0: not touched. A retry takes a new place. */
  readonly touched: number;
  /** How often it was begun. */
  readonly attempts: number;
  /** Its agent is told the revisions of the rollout (`delivery: follow` tells nothing). */
  readonly pinned: boolean;
  /** It moves outside its wave, in a batch of those that were away. */
  readonly catchingUp: boolean;
  /** Its own last good revisions, one a source (null: none known), fixed when it was begun first. */
  readonly previous: readonly (string | null)[];
  /** How much of the progress deadline it has used, without what runs since `countingFrom`. */
  readonly spentMs: number;
  /** Since when the deadline runs; null while it stands still. */
  readonly countingFrom: number | null;
  /** Since when it soaks, and the run of good health that this holds for. */
  readonly healthyFrom: number | null;
  readonly healthyRun: string;
  /** A failure that was there before it was begun, which says nothing about this attempt. */
  readonly ignored: string;
  readonly beganAt: number | null;
  readonly endedAt: number | null;
}

/** A rollout: the whole state that decisions are made from. Immutable; what did not change is shared. */
export interface Rollout {
  readonly plan: RolloutPlan;
  readonly state: RolloutState;
  readonly reason: string;
  /** Index of the wave that runs; the number of waves when all are over. */
  readonly wave: number;
  readonly waves: readonly WaveProgress[];
  readonly clusters: readonly ClusterProgress[];
  /** How many clusters have been begun. */
  readonly sequence: number;
  /** Failed clusters that a person has accepted by resuming. */
  readonly accepted: number;
  /** Clusters that failed while they caught up after the end. */
  readonly lateFailures: number;
  /** Catching up stopped, because too many failed in it or the revision was vetoed. */
  readonly halted: boolean;
  /** A later rollout has taken over; nothing happens here any more. */
  readonly superseded: boolean;
  /** The time of the last decision, and the clock of the rollout then: time in which the hub watched. */
  readonly at: number;
  readonly elapsed: number;
  /** Since when (by that clock) time has gone on without a gap or a jump. */
  readonly steadyFrom: number;
}

/** What the hub knows of a cluster, compared to where it is to go. */
export type Phase =
  /** Its sources are at the revision, and all that is built from them is applied and healthy. */
  | 'at-target'
  /** On the way, or not healthy yet. */
  | 'moving'
  /** Its sources are at another revision. */
  | 'elsewhere'
  /** The revision failed there. */
  | 'failed'
  /** The agent refuses the pin. */
  | 'refused';

/** What the hub knows of one cluster at the time of a decision. */
export interface Observation {
  readonly id: string;
  readonly name: string;
  readonly domain: string | null;
  /** It belongs to the environment just now. */
  readonly member: boolean;
  /** It was deleted, revoked or quarantined. */
  readonly gone: boolean;
  /** When its agent was heard last; null: never. */
  readonly heardAt: number | null;
  /** What it says is of now: a soak ends only then. */
  readonly live: boolean;
  readonly phase: Phase;
  /** at-target: since when, by the agent's own report and clock. */
  readonly healthySince: number | null;
  /** at-target: names this run of good health; another one after a relapse has another name. */
  readonly healthyRun: string;
  /** failed and refused: names this one failure; another one of the same kind has another name. */
  readonly failure: string;
  /** Why it is not at its target, in the agent's words; or that a suspended object was left out. */
  readonly message: string;
  /** A freeze that keeps it from moving; or, before it is begun, a rollout of another environment that moves it. */
  readonly frozen: { readonly message: string } | null;
  /** Its own last good revisions, one a source; null where none is known. */
  readonly lastGood: readonly (string | null)[];
  /** delivery follow: it has gone on to a revision that is neither the target nor where it came from. */
  readonly movedOn: boolean;
}

export type RolloutEvent =
  | { readonly type: 'observed'; readonly clusters: readonly Observation[] }
  | { readonly type: RolloutCommandType; readonly by: string; readonly reason: string }
  /** Somebody has vetoed one of the revisions. */
  | { readonly type: 'vetoed'; readonly by: string; readonly reason: string }
  /**
   * A later rollout of the same sources begins. `clusters`: it takes over these alone, which have come to its
   * environment from the one of this rollout.
   */
  | { readonly type: 'superseded'; readonly by: string; readonly clusters?: readonly string[] }
  /** Its pipeline does not bring releases to the environment any more. */
  | { readonly type: 'retired'; readonly reason: string };

export type RolloutAction =
  /** Pin the cluster to the revisions of the rollout. */
  | { readonly type: 'pin'; readonly clusterId: string; readonly retry: boolean }
  /** Pin the cluster to these revisions, one a source; null: take the pin away. */
  | { readonly type: 'restore'; readonly clusterId: string; readonly revisions: readonly (string | null)[] }
  /** Veto the revisions with these indices. */
  | { readonly type: 'veto'; readonly items: readonly number[]; readonly reason: string }
  | { readonly type: 'finish'; readonly state: RolloutEnd; readonly reason: string }
  /** A finished rollout runs again. */
  | { readonly type: 'reopen'; readonly state: RolloutState }
  /** Look again at this time at the latest. */
  | { readonly type: 'wakeAt'; readonly at: number };

export interface Decision {
  readonly state: Rollout;
  readonly actions: readonly RolloutAction[];
}
