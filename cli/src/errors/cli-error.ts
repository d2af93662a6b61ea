/** Exit codes, as docs/spec/cli.md lists them. */
export const exitCodes = {
  ok: 0,
  /** It was carried out and failed, or what was asked for is not ready. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** The hub or the cluster cannot be reached, or does not know us. */
  unreachable: 3,
  notFound: 4,
  /** Not done within --timeout. */
  timedOut: 5,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** An error that people see: what is wrong with which thing, and what to do about it. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;
  readonly remedy: string | undefined;

  constructor(exitCode: ExitCode, message: string, details: { remedy?: string; cause?: unknown } = {}) {
    super(message, { cause: details.cause });
    this.exitCode = exitCode;
    this.remedy = details.remedy;
  }
}

/** The end of a command that has told everything already, and whose exit code is an answer. */
export class Answered extends Error {
  override readonly name = 'Answered';

  constructor(readonly exitCode: number) {
    super(`exit code ${exitCode}`);
  }
}

export function usageError(message: string, remedy?: string): CliError {
  return new CliError(exitCodes.usage, message, remedy === undefined ? {} : { remedy });
}

export function failure(message: string, remedy?: string): CliError {
  return new CliError(exitCodes.failed, message, remedy === undefined ? {} : { remedy });
}

export function notFound(message: string, remedy?: string): CliError {
  return new CliError(exitCodes.notFound, message, remedy === undefined ? {} : { remedy });
}
