import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PeriodicWork } from './periodic-work.js';
import type { Overlap } from './periodic-work.js';

/** Work of which each run ends when it is told to. */
function workOf(overlap: Overlap) {
  const ends: { readonly resolve: () => void; readonly reject: (err: Error) => void }[] = [];
  const failures: unknown[] = [];
  const work = new PeriodicWork(
    () => new Promise<void>((resolve, reject) => ends.push({ resolve, reject })),
    { everyMs: 1_000, overlap, onFailure: (err) => failures.push(err) },
  );
  return { work, ends, failures };
}

describe('periodic work', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('begins after one interval, and at once when asked', async () => {
    const { work, ends } = workOf('allowed');
    work.start();
    expect(ends).toHaveLength(0);
    work.run();
    expect(ends).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(ends).toHaveLength(2);
  });

  it.each([
    ['allowed', 3],
    ['skipped', 1],
  ] as const)(
    'that is slow, with overlap %s, has had %i runs after three intervals',
    async (overlap, runs) => {
      const { work, ends } = workOf(overlap);
      work.start();
      await vi.advanceTimersByTimeAsync(3_000);
      expect(ends).toHaveLength(runs);
    },
  );

  it('goes on after a failure, which is told', async () => {
    const { work, ends, failures } = workOf('skipped');
    work.start();
    await vi.advanceTimersByTimeAsync(1_000);
    ends[0]?.reject(new Error('no database'));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(failures).toEqual([new Error('no database')]);
    expect(ends).toHaveLength(2);
  });

  it('stops when every run has ended, and begins none', async () => {
    const { work, ends } = workOf('allowed');
    work.start();
    await vi.advanceTimersByTimeAsync(2_000);
    let stopped = false;
    const stopping = work.stop().then(() => (stopped = true));
    ends[1]?.resolve();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(stopped).toBe(false);
    ends[0]?.resolve();
    await stopping;
    expect(ends).toHaveLength(2);
  });
});
