import { failed, success } from '../output/progress.js';
import type { Runtime } from '../runtime.js';
import type { CliError } from '../errors/cli-error.js';
import { sleep } from '../sleep.js';
import { isTransient } from './listen.js';

const usualPauseMs = 1_000;

/**
 * Asks again while a hub that has answered before is away; says once that it is. @throws CliError when it refuses, or is
 * still away at the deadline (of performance.now())
 */
export async function askPatiently<T>(
  runtime: Runtime,
  ask: () => Promise<T>,
  deadline: number,
  pauseMs = usualPauseMs,
): Promise<T> {
  for (let isAway = false; ; isAway = true) {
    try {
      const answer = await ask();
      if (isAway) success(runtime, 'the hub is back');
      return answer;
    } catch (error) {
      const left = deadline - performance.now();
      if (!isTransient(error) || left <= 0) throw error;
      if (!isAway) failed(runtime, (error as CliError).message);
      await sleep(Math.min(pauseMs, left), runtime.signal);
      runtime.signal.throwIfAborted();
    }
  }
}
