/** An AbortSignal that fires when the caller's does or when the time is over, whichever comes first. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** True when the time was over, not the caller's patience. */
  readonly expired: boolean;
  /** Must be called, or the caller's signal keeps a listener. */
  clear(): void;
}

/**
 * AbortSignal.any keeps every derived signal of a long-lived parent alive on Node 20; a request a millisecond would
 * grow without end. Hence a listener that is taken off again.
 */
export function startDeadline(timeoutMs: number, parent?: AbortSignal): Deadline {
  const controller = new AbortController();
  let expired = false;
  const onAbort = (): void => controller.abort(parent?.reason);
  const timer = setTimeout(() => {
    expired = true;
    controller.abort(new Error(`no answer within ${timeoutMs}ms`));
  }, timeoutMs);
  if (parent?.aborted) onAbort();
  parent?.addEventListener('abort', onAbort, { once: true });
  return {
    signal: controller.signal,
    get expired() {
      return expired;
    },
    clear() {
      clearTimeout(timer);
      parent?.removeEventListener('abort', onAbort);
    },
  };
}

/** Waits for shared work, which goes on when one of its waiters gives up. */
export function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  if (signal.aborted) return Promise.reject(signal.reason as Error);
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
