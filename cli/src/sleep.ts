import { setTimeout as after } from 'node:timers/promises';

/** Waits; an abort ends it early, without an error. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await after(ms, undefined, { signal }).catch(() => undefined);
}
