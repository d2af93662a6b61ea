import { sleep, type Clock } from '../runtime/clock.js';

export interface PollOptions {
  clock: Clock;
  /** The longest pause; Flux's fixed interval. Pauses start at a tenth of a second, since most waits are short. */
  maxDelayMs: number;
  signal: AbortSignal;
}

const firstDelayMs = 100;
const growth = 1.5;

/** Calls `isDone` until it says true, with growing pauses. A pause is never shorter than the call before it took. */
export async function pollUntil(isDone: () => Promise<boolean>, options: PollOptions): Promise<void> {
  const { clock, maxDelayMs, signal } = options;
  for (let delayMs = firstDelayMs; ; delayMs = Math.min(delayMs * growth, maxDelayMs)) {
    const started = clock.monotonic();
    if (await isDone()) return;
    await sleep(clock, Math.max(delayMs, clock.monotonic() - started), signal);
  }
}

/** A signal that also aborts after a time. `expired` tells the two apart; `cancel` frees the timer. */
export function withTimeout(
  clock: Clock,
  timeoutMs: number,
  signal: AbortSignal,
): { signal: AbortSignal; expired: () => boolean; cancel: () => void } {
  const timeout = new AbortController();
  const cancel = clock.schedule(timeoutMs, () => timeout.abort(new Error('context deadline exceeded')));
  return {
    signal: AbortSignal.any([signal, timeout.signal]),
    expired: () => timeout.signal.aborted && !signal.aborted,
    cancel,
  };
}
