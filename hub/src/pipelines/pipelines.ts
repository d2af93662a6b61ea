import type { PipelineSpec } from '@flotilla/common/fleet-api/pipeline';
import type { EntityManager } from 'typeorm';

/** A pipeline as it stands. */
export interface PipelineRecord {
  readonly name: string;
  /** Counts the changes of `spec`, from 1. */
  readonly generation: number;
  readonly spec: PipelineSpec;
}

/** A cluster that belongs to an environment just now. */
export interface Member {
  readonly clusterId: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** When its agents (the one that is behind most) last confirmed what the hub holds; null: never. */
  readonly observedAt: Date | null;
  /** Whether all of its agents have a session. */
  readonly connected: boolean;
}

/** What the other features ask about pipelines and environments. `PipelinesModule` (`@Global`) provides it. */
export abstract class Pipelines {
  abstract get(manager: EntityManager, name: string): Promise<PipelineRecord | null>;

  /** By name. */
  abstract all(manager: EntityManager): Promise<readonly PipelineRecord[]>;

  /**
   * The clusters of an environment now, by name; those that were revoked or quarantined are none. Empty for an
   * environment that does not exist.
   */
  abstract members(manager: EntityManager, environment: string): Promise<readonly Member[]>;

  /** The same of several at once, by the name of the environment; none is left out. */
  abstract membersOf(
    manager: EntityManager,
    environments: readonly string[],
  ): Promise<ReadonlyMap<string, readonly Member[]>>;

  /** Of each of the others that has a cluster in common with the environment: one of those, first by name. */
  abstract sharedWith(
    manager: EntityManager,
    environment: string,
    others: readonly string[],
  ): Promise<ReadonlyMap<string, Pick<Member, 'clusterId' | 'name'>>>;
}

/** A promotion that has not ended. */
export interface PromotionUnderWay {
  readonly id: string;
  readonly environment: string;
  /** Name of the release. */
  readonly release: string;
  readonly state: string;
}

/**
 * What keeps a pipeline (or an environment of it) from being deleted. The promotions module provides it (`@Global`,
 * exported); without a provider nothing does.
 */
export abstract class PipelineUse {
  abstract underWay(manager: EntityManager, pipeline: string): Promise<readonly PromotionUnderWay[]>;
}

/**
 * Hears of pipelines in the transaction that writes or deletes them: a new environment may take the newest release
 * at once. The promotions module provides it (`@Global`, exported); it is optional. Environments whose selector
 * changes are told by the change topic `pipeline` only.
 */
export abstract class PipelineListener {
  abstract applied(manager: EntityManager, pipeline: PipelineRecord, now: Date): Promise<void>;
  abstract removed(manager: EntityManager, pipeline: string, now: Date): Promise<void>;
}

/** How far an environment of a pipeline is. */
export interface EnvironmentProgress {
  readonly pipeline: string;
  readonly environment: string;
  /** The release that was promoted there last. */
  readonly release: string | null;
  readonly promotedAt: Date | null;
  /** Promotions that have not ended, oldest first. */
  readonly waiting: readonly PromotionUnderWay[];
  /** What the first of them waits for. */
  readonly nextGate: NextGate | null;
}

export interface NextGate {
  readonly name: string;
  readonly message: string;
  readonly until: Date | null;
}

/**
 * What the list of pipelines shows beside each environment. The promotions module provides it (`@Global`, exported);
 * without a provider the list shows nothing there.
 */
export abstract class PipelineProgress {
  /** Of all environments of these pipelines that have something to show. */
  abstract of(manager: EntityManager, pipelines: readonly string[]): Promise<readonly EnvironmentProgress[]>;
}
