import type { Clock } from '../runtime/clock.js';
import { sleep } from '../runtime/clock.js';

/** Makes each caller wait for its turn. */
export interface RateLimit {
  take(signal?: AbortSignal): Promise<void>;
  /** No limit from now on. */
  lift(): void;
  /** True when there is no limit, and no turn to wait for. */
  readonly lifted: boolean;
}

export interface RateLimitOptions {
  /** Requests a second; 0 = no limit. */
  qps: number;
  /** Requests that may start at once after a quiet time. */
  burst: number;
  clock: Clock;
}

/** A token bucket in order of arrival (`--kube-api-qps`, `--kube-api-burst`; flux-compat 8.1). */
export function createRateLimit(options: RateLimitOptions): RateLimit {
  const { qps, burst, clock } = options;
  let lifted = qps <= 0;
  let tokens = Math.max(burst, 1);
  let last = clock.monotonic();
  return {
    lift() {
      lifted = true;
    },
    get lifted() {
      return lifted;
    },
    async take(signal) {
      if (lifted) return;
      const now = clock.monotonic();
      tokens = Math.min(Math.max(burst, 1), tokens + ((now - last) / 1000) * qps);
      last = now;
      tokens -= 1;
      if (tokens >= 0) return;
      // A negative balance is the queue: each waiter sleeps until its own token has been refilled.
      try {
        await sleep(clock, (-tokens / qps) * 1000, signal);
      } catch (error) {
        tokens += 1;
        throw error;
      }
    },
  };
}
