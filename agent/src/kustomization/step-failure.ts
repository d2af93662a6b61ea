/**
 * What happens after a failed step:
 * `retry` comes back after spec.retryInterval, `wait` after --requeue-dependency,
 * `again` at once, `back-off` after a growing pause, `stalled` only when the object changes.
 */
export type FailureOutcome = 'retry' | 'wait' | 'again' | 'back-off' | 'stalled';

export interface StepFailureInit {
  outcome: FailureOutcome;
  /** Reason of the Ready condition. */
  reason: string;
  /** Message of the Ready condition. */
  message: string;
  /** The event to tell; absent means none. */
  event?: { severity: 'info' | 'error'; message: string };
  cause?: unknown;
}

/** A step of the pipeline ended the reconcile; everything that follows from it is data. */
export class StepFailure extends Error {
  override readonly name = 'StepFailure';
  readonly outcome: FailureOutcome;
  readonly reason: string;
  readonly event: StepFailureInit['event'];

  constructor(init: StepFailureInit) {
    super(init.message, { cause: init.cause });
    this.outcome = init.outcome;
    this.reason = init.reason;
    this.event = init.event;
  }
}

/** A failure that is told as an error event and tried again after spec.retryInterval (flux-compat 3.2, end). */
export function retriedFailure(reason: string, error: unknown, message = messageOf(error)): StepFailure {
  return new StepFailure({
    outcome: 'retry',
    reason,
    message,
    event: { severity: 'error', message },
    cause: error,
  });
}

/** A failure that only a change of the object can mend. */
export function stalledFailure(reason: string, message: string): StepFailure {
  return new StepFailure({ outcome: 'stalled', reason, message, event: { severity: 'error', message } });
}

/** A mistake in the object that no retry mends; the text is the one of flux-compat 3.2, 2. */
export function configurationFailure(reason: string, message: string): StepFailure {
  return stalledFailure(reason, `Reconciliation failed terminally due to configuration error: ${message}`);
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
