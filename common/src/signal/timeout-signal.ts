/**
 * A signal that is aborted after `ms`, or when one of the others is, whichever comes first. It stands in for
 * `AbortSignal.any([AbortSignal.timeout(ms), …])`, which on Node 20 never speaks once the garbage collector has taken
 * the timeout: nothing but the combined signal knows it, and that only weakly. Here the timer holds on to it.
 *
 * The reason of the timeout is a DOMException named TimeoutError, as with AbortSignal.timeout. The timer keeps no
 * process alive, and no listener is left on `others`.
 */
export function timeoutSignal(ms: number, ...others: readonly AbortSignal[]): AbortSignal {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
  }, ms);
  timer.unref();
  return others.length === 0 ? controller.signal : AbortSignal.any([controller.signal, ...others]);
}
