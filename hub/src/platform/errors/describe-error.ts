import { HttpException } from '@nestjs/common';
import { HubError, hubErrorStatus } from './hub-error.js';
import type { HubErrorCode } from './hub-error.js';

/**
 * SQLSTATE classes and socket errors that mean: the database is away, not: the query is wrong. A server that is
 * read-only (25006) or takes no connections (55000) is in the middle of a failover.
 */
const databaseAway =
  /^(08\w{3}|57P0[1-4]|53300|25006|55000|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND)$/;
const connectionLost = /connection terminated|timeout exceeded when trying to connect|connection ended/i;

/** Whether an error says that PostgreSQL cannot be reached just now. */
export function isDatabaseAway(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; depth += 1) {
    const code: unknown = 'code' in at ? at.code : undefined;
    if ((typeof code === 'string' && databaseAway.test(code)) || connectionLost.test(at.message)) return true;
    at = 'driverError' in at ? at.driverError : at.cause;
  }
  return false;
}

const codeOfStatus = new Map<number, HubErrorCode>(
  Object.entries(hubErrorStatus).map(([code, status]) => [status, code as HubErrorCode]),
);

/** Turns anything thrown into an error that people may see. What is not known stays in the log. */
export function describeError(error: unknown): HubError {
  if (error instanceof HubError) return error;
  if (isDatabaseAway(error)) {
    return new HubError('Unavailable', 'the hub cannot reach its database', {
      remedy: 'try again in a few seconds; clusters go on without the hub',
      retryAfterSeconds: 5,
      cause: error,
    });
  }
  const status = statusOf(error);
  if (status === 413)
    return new HubError('TooLarge', 'the body of the request is too large', {
      remedy: 'a body has at most 1 MiB; send it in several calls',
      cause: error,
    });
  if (status !== undefined && status < 500)
    return new HubError(codeFor(status), messageOf(error), { cause: error });
  return new HubError('Internal', 'the hub failed', {
    remedy: 'look for the id in the log of the hub',
    cause: error,
  });
}

function codeFor(status: number): HubErrorCode {
  return codeOfStatus.get(status) ?? 'Invalid';
}

/** Nest and Fastify carry an HTTP status of their own, e.g. for a body that is no JSON. */
function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  if (error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number')
    return error.statusCode;
  return undefined;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return 'the request is not valid';
  return error.message.charAt(0).toLowerCase() + error.message.slice(1);
}
