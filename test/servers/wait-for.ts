// Waiting for a condition in tests: polls, and says what it waited for and what it saw last.
import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
}

/**
 * Calls `probe` until it gives something other than undefined or false, and returns that. A probe that throws counts as
 * "not yet"; when the time is over, the last error is the cause of the one thrown.
 */
export async function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  options: WaitOptions = {},
): Promise<T> {
  const { timeoutMs = 30_000, intervalMs = 50 } = options;
  const deadline = Date.now() + timeoutMs;
  let cause: unknown;
  while (true) {
    try {
      const result = await probe();
      if (result !== undefined && result !== false) return result;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (Date.now() > deadline) {
      const last = cause instanceof Error ? `; last error: ${cause.message}` : '';
      throw new Error(`waited ${timeoutMs} ms in vain for ${what}${last}`, { cause });
    }
    await sleep(intervalMs);
  }
}
