import type { RolloutState } from '@flotilla/common/fleet-api/rollout-state';
import type { RolloutStrategy } from '@flotilla/common/fleet-api/rollout-strategy';
import type { EntityManager } from 'typeorm';
import type { SourceKey } from '../standing/standing.js';

/** What people may ask of a rollout. docs/spec/rollouts.md says in which state. */
export const rolloutCommands = ['pause', 'resume', 'abort', 'skip-wave', 'retry-failed', 'rollback'] as const;
export type RolloutCommandType = (typeof rolloutCommands)[number];
export interface RolloutCommand {
  readonly type: RolloutCommandType;
  readonly reason: string;
}

/** A source object and the revision that it is to be moved to. */
export interface RolloutItem {
  readonly source: SourceKey;
  /** Address without credentials. */
  readonly url: string;
  /** As in the artifact of the source, e.g. "main@sha1:<commit>". */
  readonly revision: string;
  /** The revision of the release, where `revision` is the commit that was made of it (`delivery: git`). */
  readonly released?: string;
}

/** A promotion's wish to move the clusters of an environment. */
export interface RolloutRequest {
  readonly promotionId: string;
  readonly pipeline: string;
  /** Name of the release, for people. */
  readonly release?: string;
  readonly environment: string;
  readonly strategy: RolloutStrategy;
  /** pins: agents are told. follow: they follow their ref and are watched. git: as pins, of the merged commit. */
  readonly delivery: 'pins' | 'follow' | 'git';
  readonly items: readonly RolloutItem[];
  /** Who wanted it: name of an API token, or "hub". */
  readonly requestedBy: string;
  /** It starts through a freeze, by break-glass: for people. What it may pass is asked anew at each look. */
  readonly breakGlass: boolean;
  /** rollback: its failure never vetoes what it moves to. */
  readonly kind: 'promotion' | 'rollback';
  /** Start with no member instead of refusing; it then succeeds at once (environments that allow to be empty). */
  readonly allowEmpty?: boolean;
}

/** How far a rollout is, in numbers. */
export interface RolloutSummary {
  readonly id: string;
  readonly promotionId: string;
  readonly state: RolloutState;
  readonly reason: string;
  /** Name of the wave that runs; null before the first and after the last. */
  readonly wave: string | null;
  /** Its position, from 1. */
  readonly waveNumber: number | null;
  /** How many waves there are. */
  readonly waves: number;
  /** Number of clusters by their state (see docs/spec/rollouts.md); states without a cluster are left out. */
  readonly clusters: Readonly<Record<string, number>>;
  /** The freeze that keeps clusters of it where they are, with its end and its reason; null: none. */
  readonly frozen: string | null;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
}

/** How a rollout ended; told once for each end (a finished rollout whose failed set is retried ends again). */
export interface RolloutOutcome {
  readonly rolloutId: string;
  readonly promotionId: string;
  readonly state: 'Succeeded' | 'Failed' | 'Aborted' | 'RolledBack';
  readonly reason: string;
}

/** What promotions need of the rollouts. The rollouts module provides it (`@Global`, exported, under this class). */
export abstract class Rollouts {
  /**
   * Freezes members, plan and inputs, in the caller's transaction; the first wave begins at once after it commits.
   * @throws HubError Invalid where nothing matches or a wave is empty, Conflict while another rollout moves one of
   * these sources in the environment
   */
  abstract start(
    manager: EntityManager,
    request: RolloutRequest,
    now: Date,
  ): Promise<{ readonly id: string }>;

  /**
   * Carries out a person's command in the caller's transaction, with its audit record.
   * @throws HubError NotFound, or Conflict where the state does not allow it
   */
  abstract command(
    manager: EntityManager,
    id: string,
    command: RolloutCommand,
    by: string,
    now: Date,
  ): Promise<void>;

  /**
   * The pipeline brings releases to these environments alone from now on (none: it was deleted): what has ended in the
   * others looks after nobody any more.
   */
  abstract retire(
    manager: EntityManager,
    pipeline: string,
    environments: readonly string[],
    now: Date,
  ): Promise<void>;

  /** Rollouts of these promotions, newest first. */
  abstract summaries(
    manager: EntityManager,
    promotionIds: readonly string[],
  ): Promise<readonly RolloutSummary[]>;
}

/** What rollouts need of the promotions, which provide it under this class. */
export abstract class RolloutListener {
  /** In the transaction of the decision. */
  abstract finished(manager: EntityManager, outcome: RolloutOutcome, now: Date): Promise<void>;

  /** A finished rollout runs again (retry of the failed set, or rollback by a person), in that transaction. */
  abstract reopened(
    manager: EntityManager,
    rollout: { readonly rolloutId: string; readonly promotionId: string; readonly state: RolloutState },
    now: Date,
  ): Promise<void>;
}
