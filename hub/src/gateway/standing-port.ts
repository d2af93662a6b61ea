import type {
  StandingIntents as StandingMessage,
  StandingIntentsAck,
} from '@flotilla/proto/flotilla/v1/standing';
import type { EntityManager } from 'typeorm';
import type { AgentId } from '../objects/object-status.store.js';

/** The set of a cluster as it stands. */
export interface HeldSet {
  readonly version: bigint;
  /** Undefined when nothing was ever asked of the cluster. */
  readonly message: StandingMessage | undefined;
}

/**
 * What the gateway needs of the standing intents. The standing module provides it (`@Global`, exported, under this
 * class as token). Everything may be called again with the same arguments.
 */
export abstract class StandingPort {
  /**
   * What the cluster's agent is to keep, as it stands; undefined when there never was anything. Many that ask at the
   * same time are answered by one query: a wave of a rollout pins its clusters at once.
   */
  abstract held(clusterId: string): Promise<HeldSet | undefined>;

  /**
   * The whole set of the cluster, with a version above `kept` when it is another one than the agent keeps; undefined
   * when nothing has ever been asked of the cluster and its agent keeps nothing.
   */
  abstract current(clusterId: string, kept: bigint): Promise<StandingMessage | undefined>;

  /** An agent has begun a session and says which version it keeps; 0 for none. */
  abstract kept(agent: AgentId, version: bigint): Promise<void>;

  /** The streams of these shards have taken it. */
  abstract sent(clusterId: string, shards: readonly string[], version: bigint): Promise<void>;

  /** An answer of an agent. One to an older version than it has answered before is ignored. */
  abstract answered(agent: AgentId, answer: StandingIntentsAck): Promise<void>;
}

/**
 * What the standing intents need of the gateway. The gateway module provides it under this class as token.
 */
export abstract class StandingDelivery {
  /** Call it in the transaction that changes sets: when it commits, every session of these clusters gets them. */
  abstract announce(manager: EntityManager, clusterIds: readonly string[]): Promise<void>;
}
