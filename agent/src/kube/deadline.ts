/** The end of one piece of work: when the caller wants no more, or when the time is over, whichever comes first. */
export interface Deadline {
  /** Fires at the end. Made when somebody asks for it: most requests are over before. */
  readonly signal: AbortSignal;
  /** True when the time was over, not the caller's patience. */
  readonly expired: boolean;
  /** True when it has come, for either reason. */
  readonly ended: boolean;
  /** Calls back at the end with its reason, at once if it was before; what is returned takes that back. */
  onEnd(callback: (reason: unknown) => void): () => void;
  /** Must be called, or the caller's signal keeps a listener. */
  clear(): void;
}

/**
 * AbortSignal.any keeps every derived signal of a long-lived parent alive on Node 20; a request a millisecond would
 * grow without end. Hence a listener that is taken off again.
 */
export function startDeadline(timeoutMs: number, parent?: AbortSignal): Deadline {
  const callbacks = new Set<(reason: unknown) => void>();
  let ended: { reason: unknown } | undefined;
  let controller: AbortController | undefined;
  let expired = false;
  const end = (reason: unknown): void => {
    if (ended) return;
    ended = { reason };
    controller?.abort(reason);
    for (const callback of callbacks) callback(reason);
  };
  const onAbort = (): void => end(parent?.reason);
  const timer = setTimeout(() => {
    expired = !ended;
    end(new Error(`no answer within ${timeoutMs}ms`));
  }, timeoutMs);
  if (parent?.aborted) onAbort();
  parent?.addEventListener('abort', onAbort, { once: true });
  return {
    get signal() {
      controller ??= new AbortController();
      if (ended && !controller.signal.aborted) controller.abort(ended.reason);
      return controller.signal;
    },
    get expired() {
      return expired;
    },
    get ended() {
      return ended !== undefined;
    },
    onEnd(callback) {
      callbacks.add(callback);
      if (ended) callback(ended.reason);
      return () => callbacks.delete(callback);
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
