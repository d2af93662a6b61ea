import { Metadata, status } from '@grpc/grpc-js';
import type { ServerErrorResponse } from '@grpc/grpc-js';
import type { HubError, HubErrorCode } from '../platform/errors/hub-error.js';

const statusOf: Readonly<Record<HubErrorCode, status>> = {
  Unauthenticated: status.UNAUTHENTICATED,
  Forbidden: status.PERMISSION_DENIED,
  NotFound: status.NOT_FOUND,
  Conflict: status.ALREADY_EXISTS,
  TooLarge: status.RESOURCE_EXHAUSTED,
  Invalid: status.INVALID_ARGUMENT,
  TooManyRequests: status.RESOURCE_EXHAUSTED,
  Unavailable: status.UNAVAILABLE,
  Internal: status.INTERNAL,
};

/** A hub error as agents get it: the remedy is part of the text, the id leads to the hub's log. */
export function grpcError(
  error: HubError,
  id: string,
): Partial<ServerErrorResponse> & { code: status; details: string } {
  const metadata = new Metadata();
  metadata.set('error-id', id);
  const details = error.remedy ? `${error.message}; ${error.remedy}` : error.message;
  return { code: statusOf[error.code], details, metadata };
}
