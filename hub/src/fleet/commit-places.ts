import type { CommitQuery } from './domain/commit.js';

/** Where a commit is, or waits, on its way through the environments of a pipeline, seen from one cluster. */
export interface CommitPlace {
  readonly pipeline: string;
  readonly environment: string;
  readonly release: string;
  readonly promotion: string;
  readonly promotionState: string;
  /** What the promotion waits for: the next gate, and until when where that is known. */
  readonly waitingFor: string;
  readonly waitingUntil: Date | null;
  /** Null: no rollout has begun. */
  readonly rollout: string | null;
  readonly rolloutState: string | null;
  /** Null: none yet, or the cluster joined later. */
  readonly wave: string | null;
  /** State of the cluster in the rollout, with what it says. */
  readonly clusterState: string | null;
  readonly message: string;
}

/** What the answer to "where is this commit" takes from pipelines; the rollouts module provides it (`@Global`). */
export abstract class CommitPlaces {
  /** By cluster id; the newest of each environment. */
  abstract of(query: CommitQuery): Promise<ReadonlyMap<string, readonly CommitPlace[]>>;
}
