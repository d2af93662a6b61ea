import type { PromotionState } from '@flotilla/common/fleet-api/promotion-state';

export const promotionPriorities = ['normal', 'hotfix'] as const;
export type PromotionPriority = (typeof promotionPriorities)[number];

/** Before or after the rollout. */
export type GateStage = 'before' | 'after';

/** What a gate of a promotion says. */
export interface GateState {
  readonly stage: GateStage;
  /** Unique in its stage. */
  readonly name: string;
  readonly type: string;
  readonly phase: 'pass' | 'wait' | 'fail';
  /** For what it waits, or why it passed or failed. */
  readonly message: string;
  /** When what it waits for happens, where that is known. */
  readonly until: Date | null;
  /** Probes only. */
  readonly probe: ProbeMemory | null;
}

/** What is kept of the questions that a probe has been asked. */
export interface ProbeMemory {
  readonly phase: 'pass' | 'wait' | 'fail';
  readonly message: string;
  readonly until: Date | null;
  readonly askedFirstAt: Date;
  /** Of the last answer. */
  readonly askedAt: Date;
  /** Since when there has been no pass; null after a pass. The timeout counts from here. */
  readonly undecidedSince: Date | null;
  readonly memory: Readonly<Record<string, unknown>> | null;
}

/** Somebody, as separation of duty and quotas see them. */
export interface Person {
  /** API token. */
  readonly tokenId: string;
  readonly name: string;
  /** Lower case. */
  readonly emails: readonly string[];
  readonly groups: readonly string[];
}

/** A person's yes to one release in one environment. */
export interface Approval {
  readonly stage: GateStage;
  /** An approval counts only for the release that it was given to. */
  readonly releaseId: string;
  readonly person: Person;
  readonly comment: string;
  readonly at: Date;
}

/** Who made what a promotion brings: of all releases since the one that its environment has. */
export interface Authors {
  /** Lower case. */
  readonly emails: readonly string[];
  /** Names of API tokens that made releases by hand. */
  readonly tokens: readonly string[];
  /** The first of them whose author nobody has told; then nobody can say who may not approve. */
  readonly unknown?: string;
}

/** How far Git holds a promotion. */
export interface DeliveryState {
  /** withdrawn: the promotion ended before Git held it, and Git does not offer it any more. */
  readonly phase: 'wait' | 'done' | 'fail' | 'withdrawn';
  readonly message: string;
  readonly until: Date | null;
  readonly askedAt: Date | null;
  readonly revisions: readonly {
    readonly source: { readonly kind: string; readonly namespace: string; readonly name: string };
    readonly revision: string;
  }[];
  readonly memory: Readonly<Record<string, unknown>> | null;
}

/** A person's wish that stands while the rollout carries it out. */
export interface EndWish {
  readonly end: 'Aborted' | 'RolledBack';
  readonly reason: string;
}

/** A release on its way into an environment. */
export interface Promotion {
  readonly id: string;
  readonly pipeline: string;
  readonly environment: string;
  readonly releaseId: string;
  readonly releaseName: string;
  /** Orders the releases of a pipeline. */
  readonly releaseNumber: number;
  /** automatic: by the hub. A promotion by hand may go back to an older release. */
  readonly origin: 'automatic' | 'manual';
  readonly priority: PromotionPriority;
  readonly requestedBy: string;
  readonly authors: Authors;
  readonly state: PromotionState;
  /** Why it ended; empty before. */
  readonly reason: string;
  /** For what it waits; empty when it does not. */
  readonly waitingFor: string;
  readonly waitingUntil: Date | null;
  readonly gates: readonly GateState[];
  readonly approvals: readonly Approval[];
  readonly delivery: DeliveryState | null;
  readonly rolloutId: string | null;
  readonly wish: EndWish | null;
  /** What a failing gate after leads to; frozen when the rollout starts. */
  readonly onFailure: 'rollback' | 'pause' | 'abort' | null;
  readonly createdAt: Date;
  /** When the rollout began. */
  readonly startedAt: Date | null;
  /** When the rollout had succeeded. */
  readonly rolledOutAt: Date | null;
  readonly endedAt: Date | null;
}
