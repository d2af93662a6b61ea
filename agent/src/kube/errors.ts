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
