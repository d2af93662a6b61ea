import type { TypeRef } from '@flotilla/common/kube/object';

/** A Status answer of the API server. `message` is the server's own text. */
export class KubeApiError extends Error {
  override readonly name = 'KubeApiError';
  /** HTTP status, e.g. 409. */
  readonly code: number;
  /** Kubernetes reason, e.g. "Conflict", "Invalid", "AlreadyExists"; empty when the server gave none. */
  readonly reason: string;
  readonly causes: ReadonlyArray<{ reason?: string; message?: string; field?: string }>;
  readonly retryAfterMs: number | undefined;

  constructor(init: {
    code: number;
    reason?: string;
    message: string;
    causes?: KubeApiError['causes'];
    retryAfterMs?: number;
  }) {
    super(init.message);
    this.code = init.code;
    this.reason = init.reason ?? '';
    this.causes = init.causes ?? [];
    this.retryAfterMs = init.retryAfterMs;
  }
}

/** The server serves no such kind. The text is client-go's. */
export class NoKindMatchError extends Error {
  override readonly name = 'NoKindMatchError';
  constructor(readonly type: TypeRef) {
    super(`no matches for kind "${type.kind}" in version "${type.apiVersion}"`);
  }
}

/** No answer came from the API server. The message names the address and what to do. */
export class KubeConnectionError extends Error {
  override readonly name = 'KubeConnectionError';
  /** Of Node, undici or OpenSSL, e.g. "ECONNREFUSED"; "DEADLINE" and "IDLE" are the transport's own. */
  readonly code: string;
  readonly server: string;

  constructor(init: { server: string; code: string; message: string; cause?: unknown }) {
    super(init.message, { cause: init.cause });
    this.code = init.code;
    this.server = init.server;
  }
}

/** True when the server answered with this HTTP status. */
export function isApiError(error: unknown, code: number): error is KubeApiError {
  return error instanceof KubeApiError && error.code === code;
}
