import { timeoutSignal } from '@flotilla/common/signal/timeout-signal';
import {
  type Intent,
  type IntentResult,
  IntentResult_State as State,
} from '@flotilla/proto/flotilla/v1/intent';
import type { Logger } from '../../runtime/logger.js';
import { type CarryOutOptions, carryOut, type Outcome } from './carry-out.js';
import { admitIntent, type IntentPolicy } from './intent-policy.js';

/** Longest time that one intent is worked on when the hub sets no expiry. */
const defaultLimitMs = 5 * 60_000;
/** Outcomes that are remembered for intents that are delivered again. */
const remembered = 1_000;

const stateOf: Record<Outcome['state'], State> = {
  succeeded: State.STATE_SUCCEEDED,
  failed: State.STATE_FAILED,
  refused: State.STATE_REFUSED,
};

export interface IntentDeskOptions extends Omit<CarryOutOptions, 'signal'> {
  policy: IntentPolicy;
  logger: Logger;
  /** Aborted when the agent stops. */
  signal: AbortSignal;
}

/**
 * Takes intents and carries each out once. One that comes again, because the answer was lost with a connection,
 * gets the same answer again, or goes on waiting for the one under way.
 */
export class IntentDesk {
  readonly #options: IntentDeskOptions;
  readonly #outcomes = new Map<string, Promise<IntentResult>>();

  constructor(options: IntentDeskOptions) {
    this.#options = options;
  }

  /** Reports that the intent was taken, and later its final state. Never throws. */
  take(intent: Intent, report: (result: IntentResult) => void): void {
    report(this.#result(intent.id, State.STATE_ACCEPTED, ''));
    let outcome = this.#outcomes.get(intent.id);
    if (!outcome) {
      outcome = this.#work(intent);
      this.#outcomes.set(intent.id, outcome);
      this.#forgetOldest();
    }
    void outcome.then(report);
  }

  async #work(intent: Intent): Promise<IntentResult> {
    const { policy, clock, logger, client, signal } = this.#options;
    const admission = admitIntent(intent, policy, new Date(clock.now()));
    if (!admission.admitted) return this.#result(intent.id, State.STATE_REFUSED, admission.message);
    const { verb, object } = admission;
    logger.info(
      { intent: intent.id, verb, object, requestedBy: intent.requestedBy },
      'carrying out an intent of the hub',
    );
    const limitMs = intent.expiresAt ? intent.expiresAt.getTime() - clock.now() : defaultLimitMs;
    const limit = timeoutSignal(Math.max(1, limitMs), signal);
    const withSource = intent.action?.$case === 'reconcile' && intent.action.value.withSource;
    try {
      const outcome = await carryOut({ verb, object, withSource }, { client, clock, signal: limit });
      return this.#result(intent.id, stateOf[outcome.state], outcome.message);
    } catch (error) {
      const message = limit.aborted
        ? `not finished within ${Math.round(limitMs / 1000)} s; the request stands, look at the object's status`
        : (error as Error).message;
      return this.#result(intent.id, State.STATE_FAILED, message);
    }
  }

  #result(id: string, state: State, message: string): IntentResult {
    return { id, state, message, at: new Date(this.#options.clock.now()) };
  }

  #forgetOldest(): void {
    const [oldest] = this.#outcomes.keys();
    if (this.#outcomes.size > remembered && oldest !== undefined) this.#outcomes.delete(oldest);
  }
}
