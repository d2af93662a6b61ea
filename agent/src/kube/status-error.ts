import type { KubeApiError } from './errors.js';
import { KubeApiError as ApiError } from './errors.js';
import { parseJson } from './json.js';

/** The fields of metav1.Status that matter here. */
export interface StatusBody {
  kind?: string;
  code?: number;
  reason?: string;
  message?: string;
  details?: { name?: string; causes?: KubeApiError['causes']; retryAfterSeconds?: number };
}

/** The parsed Status of an answer; undefined when the server sent something else, e.g. "404 page not found". */
export function statusOf(text: string): StatusBody | undefined {
  try {
    const body = parseJson(text) as StatusBody | null;
    return body?.kind === 'Status' ? body : undefined;
  } catch {
    return undefined;
  }
}

/** The error of an answer that is not 2xx. */
export function errorOfAnswer(answer: {
  code: number;
  text: string;
  retryAfter?: string | undefined;
}): KubeApiError {
  const { code, text, retryAfter } = answer;
  const status = statusOf(text);
  if (status) return errorOfStatus(status, code, retryAfter);
  const message = text.trim().slice(0, 1024) || `the server answered ${code} without a message`;
  return new ApiError({ code, message, ...retryAfterOf(retryAfter, undefined) });
}

/** The error of a Status object, e.g. of a watch event. */
export function errorOfStatus(
  status: StatusBody,
  code = status.code ?? 500,
  retryAfter?: string,
): KubeApiError {
  return new ApiError({
    code,
    reason: status.reason ?? '',
    message: status.message || `the server answered ${code} ${status.reason ?? ''}`.trim(),
    causes: status.details?.causes ?? [],
    ...retryAfterOf(retryAfter, status.details?.retryAfterSeconds),
  });
}

function retryAfterOf(header: string | undefined, seconds: number | undefined): { retryAfterMs?: number } {
  const value = header !== undefined && /^\d+$/.test(header) ? Number(header) : seconds;
  return value === undefined ? {} : { retryAfterMs: value * 1000 };
}

/**
 * True for the 404 that means "no such path": the kind or the subresource is not served. The 404 of a missing object
 * names the object.
 */
export function isUnknownPath(code: number, text: string): boolean {
  return code === 404 && !statusOf(text)?.details?.name;
}
