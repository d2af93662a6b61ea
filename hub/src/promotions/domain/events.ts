import type { Gate } from '@flotilla/common/fleet-api/gates';
import type { GateFacts } from './gates/gate-facts.js';
import type { Approval, DeliveryState, GateStage, ProbeMemory, Promotion } from './promotion.js';

/** The environment's place in the pipeline, as far as promotions care. */
export interface Setup {
  readonly before: readonly Gate[];
  readonly after: readonly Gate[];
  readonly delivery: 'pins' | 'follow' | 'git';
  readonly onFailure: 'rollback' | 'pause' | 'abort';
}

/** All that is known at one time. */
export interface Observation {
  /** Null: the pipeline, or the environment in it, is gone. */
  readonly setup: Setup | null;
  /** Whether it may ask its gates and start. */
  readonly turn: boolean;
  /** For whom it waits when it may not. */
  readonly behind: string;
  readonly facts: GateFacts;
  /** Why its release must not be taken, or kept; empty when nothing is vetoed. */
  readonly vetoed: string;
  /** Why it should not come by itself any more; empty as a rule. */
  readonly outrun: string;
  /** What else keeps the rollout from starting, e.g. another pipeline that moves the same source. */
  readonly obstacles: readonly string[];
}

export type RolloutNews = {
  readonly state: 'Running' | 'RollingBack' | 'Succeeded' | 'Failed' | 'Aborted' | 'RolledBack';
  readonly reason: string;
};

export type PromotionEvent =
  | { readonly type: 'observed'; readonly observation: Observation }
  | { readonly type: 'approved'; readonly approval: Approval }
  | { readonly type: 'rejected'; readonly by: string; readonly reason: string }
  | { readonly type: 'aborted'; readonly by: string; readonly reason: string }
  | { readonly type: 'superseded'; readonly reason: string }
  | { readonly type: 'prioritised' }
  | {
      readonly type: 'answered';
      readonly stage: GateStage;
      readonly gate: string;
      readonly answer: Pick<ProbeMemory, 'phase' | 'message' | 'until' | 'memory'>;
    }
  | { readonly type: 'delivered'; readonly delivery: DeliveryState }
  | { readonly type: 'started'; readonly rolloutId: string }
  /** The rollout cannot start or go back. */
  | { readonly type: 'refused'; readonly reason: string }
  /** The rollout cannot start yet. */
  | { readonly type: 'postponed'; readonly reason: string }
  | ({ readonly type: 'rollout' } & { readonly news: RolloutNews });

export type PromotionAction =
  /** Ask the outside about a gate. */
  | { readonly type: 'ask'; readonly stage: GateStage; readonly gate: string }
  /** Write Git, or look how far that is. */
  | { readonly type: 'deliver' }
  | { readonly type: 'start' }
  | { readonly type: 'command'; readonly command: 'abort' | 'rollback'; readonly reason: string }
  /** Look again at this time. */
  | { readonly type: 'wake'; readonly at: Date };

export interface Decision {
  readonly state: Promotion;
  readonly actions: readonly PromotionAction[];
}
