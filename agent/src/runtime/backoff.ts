export interface BackoffOptions {
  firstMs: number;
  maxMs: number;
  /** 0 <= r < 1. */
  random: () => number;
}

/** Delays that double up to a limit, each spread by half, so that many clients do not come back together. */
export interface Backoff {
  next(): number;
  reset(): void;
}

export function createBackoff({ firstMs, maxMs, random }: BackoffOptions): Backoff {
  let attempts = 0;
  return {
    next() {
      const full = Math.min(firstMs * 2 ** attempts, maxMs);
      attempts += 1;
      return full * (0.5 + random() / 2);
    },
    reset() {
      attempts = 0;
    },
  };
}
