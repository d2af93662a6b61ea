/**
 * A signal that is aborted after `ms`, or when one of the others is, whichever comes first. It stands in for
 * `AbortSignal.any([AbortSignal.timeout(ms), …])`, which on Node 20 never speaks once the garbage collector has taken
 * the timeout: nothing but the combined signal knows it, and that only weakly.
 *
 * The reason of the timeout is a DOMException named TimeoutError, as with AbortSignal.timeout. The timer keeps no
 * process alive. What listens to `others` is let go when the signal has spoken.
 */
export function timeoutSignal(ms: number, ...others: readonly AbortSignal[]): AbortSignal {
  const controller = new AbortController();
  const end = (reason: unknown): void => {
    clearTimeout(timer);
    for (const { signal, listener } of listeners) signal.removeEventListener('abort', listener);
    controller.abort(reason);
  };
  const timer = setTimeout(
    () => end(new DOMException('The operation was aborted due to timeout', 'TimeoutError')),
    ms,
  );
  timer.unref();
  const listeners = others.map((signal) => ({ signal, listener: () => end(signal.reason) }));
  for (const { signal, listener } of listeners) signal.addEventListener('abort', listener, { once: true });
  const ended = others.find(({ aborted }) => aborted);
  if (ended) end(ended.reason);
  return controller.signal;
}
