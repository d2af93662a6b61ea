/** Conditions that say why a source has no new artifact (flux-compat 2.2): True is bad, of SourceVerified False. */
export type FailureCondition =
  | 'SourceVerified'
  | 'FetchFailed'
  | 'StorageOperationFailed'
  | 'IncludeUnavailable'
  | 'BuildFailed';

/** What happens after a failure: try again with back-off, wait a fixed time, or stop until the object changes. */
export type AfterFailure = { retry: 'back-off' } | { retry: 'wait'; afterMs: number } | { retry: 'never' };

/** A step of a source's reconcile failed in a way that the object's status tells. */
export class SourceFailure extends Error {
  override readonly name = 'SourceFailure';
  readonly reason: string;
  /** Absent: only Ready (by its summary) and the event tell. */
  readonly condition: FailureCondition | undefined;
  readonly after: AfterFailure;

  constructor(init: {
    reason: string;
    message: string;
    condition?: FailureCondition;
    after?: AfterFailure;
    cause?: unknown;
  }) {
    super(init.message, { cause: init.cause });
    this.reason = init.reason;
    this.condition = init.condition;
    this.after = init.after ?? { retry: 'back-off' };
  }
}

/** Text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
