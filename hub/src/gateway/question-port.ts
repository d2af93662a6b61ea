import type { Answer, Question } from '@flotilla/proto/flotilla/v1/question';
import type { EntityManager } from 'typeorm';

/** A question on its way, in the shape of the wire. */
export type OutgoingQuestion = Question;

/**
 * What the gateway needs of those who ask clusters something. The plans module provides it (`@Global`, exported, under
 * this class as token). Deliveries repeat after a lost session, so everything may be called again with the same
 * arguments.
 */
export abstract class QuestionPort {
  /** Questions to the cluster without a last word that have not expired, oldest first; also those asked before. */
  abstract open(clusterId: string): Promise<readonly OutgoingQuestion[]>;

  /** The agent's stream has taken these. */
  abstract delivered(clusterId: string, ids: readonly string[], at: Date): Promise<void>;

  /**
   * A part of an answer. Part 0 begins anew; one that is there already, comes out of turn, or belongs to another
   * cluster is ignored, and nothing follows a last word.
   */
  abstract answered(clusterId: string, answer: Answer, at: Date): Promise<void>;
}

/** What those who ask need of the gateway. The gateway module provides it under this class as token. */
export abstract class QuestionDelivery {
  /** Call it in the transaction that makes questions: when it commits, they are sent where there is a session. */
  abstract announce(manager: EntityManager, clusterIds: readonly string[]): Promise<void>;
}
