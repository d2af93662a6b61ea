import type { RolloutState } from '@flotilla/common/fleet-api/rollout-state';
import type { RolloutCommandType, RolloutItem } from '../rollouts.js';
import type { ClusterState, WaveState } from '../domain/states.js';

/** A wave, with the number of its clusters by state. */
export interface WaveView {
  readonly name: string;
  readonly state: WaveState;
  readonly maxConcurrent: number;
  readonly soakSeconds: number;
  readonly beganAt: Date | null;
  readonly endedAt: Date | null;
  readonly clusters: Readonly<Record<string, number>>;
}

/** The resource `Rollout` of the API. */
export interface RolloutView {
  readonly id: string;
  readonly promotion: string;
  readonly pipeline: string;
  readonly environment: string;
  readonly release: string;
  readonly kind: 'promotion' | 'rollback';
  readonly delivery: 'pins' | 'follow' | 'git';
  readonly items: readonly RolloutItem[];
  readonly requestedBy: string;
  readonly breakGlass: boolean;
  readonly state: RolloutState;
  readonly reason: string;
  /** Name of the wave that runs. */
  readonly wave: string | null;
  readonly waves: readonly WaveView[];
  readonly clusters: Readonly<Record<string, number>>;
  /** Commands that it takes in its state. */
  readonly commands: readonly RolloutCommandType[];
  readonly catchUpStopped: boolean;
  readonly superseded: boolean;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

/** A cluster in a rollout. */
export interface RolloutClusterView {
  readonly cluster: string;
  /** Null: it joined later and catches up. */
  readonly wave: string | null;
  readonly state: ClusterState;
  readonly message: string;
  readonly failureDomain: string | null;
  readonly attempts: number;
  /** Whether it moves in a batch of those that were away. */
  readonly catchingUp: boolean;
  /** Its own last good revisions, one an item; null where none was known. */
  readonly previous: readonly (string | null)[];
  readonly beganAt: Date | null;
  readonly endedAt: Date | null;
}

/** One rollout with its clusters, those of the first wave first. */
export interface RolloutDetailsView extends RolloutView {
  readonly members: readonly RolloutClusterView[];
}
