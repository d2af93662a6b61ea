import type { Gate } from '@flotilla/common/fleet-api/gates';
import type { ReleaseItem } from '../releases/releases.js';

/** Gates whose verdict comes from somewhere else. */
export type ProbedGate = Extract<Gate, { readonly type: 'webhook' | 'prometheus' | 'commitStatus' }>;
export const probedGateTypes = [
  'webhook',
  'prometheus',
  'commitStatus',
] as const satisfies readonly ProbedGate['type'][];

/** What is known of a promotion by everything outside that takes a part in it. */
export interface PromotionInQuestion {
  readonly id: string;
  readonly pipeline: string;
  readonly environment: string;
  readonly release: { readonly id: string; readonly name: string; readonly items: readonly ReleaseItem[] };
  readonly priority: 'normal' | 'hotfix';
  readonly requestedBy: string;
  readonly createdAt: Date;
}

/** One question to the outside. */
export interface GateQuestion {
  readonly promotion: PromotionInQuestion;
  /** Before or after the rollout. */
  readonly stage: 'before' | 'after';
  readonly gate: ProbedGate;
  /** When this gate of this promotion was asked first; "true for five minutes" may reach back before it. */
  readonly askedFirstAt: Date;
  /** `memory` of the verdict before, as it was given; null at the first question. */
  readonly memory: Readonly<Record<string, unknown>> | null;
}

export interface GateVerdict {
  /** wait: ask again after the interval of the gate. fail: the promotion ends. */
  readonly phase: 'pass' | 'wait' | 'fail';
  /** For people; never a secret. */
  readonly message: string;
  /** When a `wait` may end, where that is known. */
  readonly until?: Date;
  /** Comes back with the next question of the same gate and promotion, across restarts. */
  readonly memory?: Readonly<Record<string, unknown>>;
}

/**
 * Asks the outside whether a gate is open. It is called outside of transactions and may be called more often than
 * the interval says (two replicas, a restart), so a question changes nothing. A rejection counts as `wait` with the
 * text of the error; after the gate's timeout without a pass the promotion fails.
 *
 * Who provides it: any module (`@Global`, exported) under this class; without one such gates wait, then time out.
 */
export abstract class GateProbe {
  /** Ends soon after `signal` aborts (30 s after the call, or when the hub stops). */
  abstract ask(question: GateQuestion, signal: AbortSignal): Promise<GateVerdict>;
}
