/** The closed list of codes that the REST API answers with. */
export const hubErrorStatus = {
  Unauthenticated: 401,
  Forbidden: 403,
  NotFound: 404,
  Conflict: 409,
  TooLarge: 413,
  Invalid: 422,
  TooManyRequests: 429,
  Unavailable: 503,
  Internal: 500,
} as const;

export type HubErrorCode = keyof typeof hubErrorStatus;

/** What is wrong with one field of one document. */
export interface HubErrorProblem {
  /** E.g. `Pipeline/shop`. */
  readonly document: string;
  readonly field: string;
  readonly message: string;
}

export interface HubErrorDetails {
  /** What the reader can do about it. */
  readonly remedy?: string;
  /** The field of the input that is wrong, e.g. `labels.env`. */
  readonly field?: string;
  readonly retryAfterSeconds?: number;
  /** Every field that is wrong, where a call takes whole documents. */
  readonly problems?: readonly HubErrorProblem[];
  /** Logged, never answered. */
  readonly cause?: unknown;
}

/** An error that people may see. The message is lower case and starts with the object that it is about. */
export class HubError extends Error {
  override readonly name = 'HubError';
  readonly remedy: string | undefined;
  readonly field: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly problems: readonly HubErrorProblem[] | undefined;

  constructor(
    readonly code: HubErrorCode,
    message: string,
    details: HubErrorDetails = {},
  ) {
    super(message, { cause: details.cause });
    this.remedy = details.remedy;
    this.field = details.field;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.problems = details.problems;
  }
}

export function notFound(message: string, details?: HubErrorDetails): HubError {
  return new HubError('NotFound', message, details);
}

export function conflict(message: string, details?: HubErrorDetails): HubError {
  return new HubError('Conflict', message, details);
}

export function invalid(field: string, message: string, details?: HubErrorDetails): HubError {
  return new HubError('Invalid', message, { ...details, field });
}
