import type { Intent, IntentResult } from '@flotilla/proto/flotilla/v1/intent';
import type { EntityManager } from 'typeorm';

/** An intent on its way, in the shape of the wire. */
export type OutgoingIntent = Intent;

/**
 * What the gateway needs of the intents. The intents module provides it (`@Global`, exported, under this class as
 * token). Deliveries repeat after a lost session, so every method may be called again with the same arguments.
 */
export abstract class IntentPort {
  /**
   * Intents of the cluster without a final state that have not expired, oldest first, those that were delivered
   * on an earlier session included (the agent answers a known id again with the same outcome).
   */
  abstract open(clusterId: string): Promise<readonly OutgoingIntent[]>;

  /** The agent's stream has taken these. */
  abstract delivered(clusterId: string, ids: readonly string[], at: Date): Promise<void>;

  /** An answer of the agent. A final state is never replaced; an id of another cluster is ignored. */
  abstract record(clusterId: string, result: IntentResult, at: Date): Promise<void>;
}

/**
 * What the intents need of the gateway. The gateway module provides it under this class as token.
 */
export abstract class IntentDelivery {
  /**
   * Call it in the transaction that makes intents: when it commits, the replica that holds the cluster's stream
   * sends them. A cluster that is offline gets them when it comes back before they expire.
   */
  abstract announce(manager: EntityManager, clusterIds: readonly string[]): Promise<void>;
}
