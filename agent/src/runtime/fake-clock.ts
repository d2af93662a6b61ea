import type { Clock } from './clock.js';

/** A clock for tests: time stands still until somebody moves it. */
export interface FakeClock extends Clock {
  /** Moves time on, runs what is due in order, and lets promises settle in between. */
  advance(ms: number): Promise<void>;
  /** Somebody sets the wall clock; timers and `monotonic` take no notice. */
  setWallClock(now: number): void;
  /** Timers that wait. */
  readonly pending: number;
}

interface Timer {
  dueAt: number;
  order: number;
  run: () => void;
}

export function createFakeClock(start = Date.UTC(2026, 0, 1)): FakeClock {
  let elapsed = 0;
  let wallOffset = start;
  let order = 0;
  const timers = new Set<Timer>();

  const nextDue = (until: number): Timer | undefined =>
    [...timers]
      .filter((timer) => timer.dueAt <= until)
      .toSorted((a, b) => a.dueAt - b.dueAt || a.order - b.order)[0];

  return {
    now: () => wallOffset + elapsed,
    monotonic: () => elapsed,
    schedule(delayMs, run) {
      const timer = { dueAt: elapsed + Math.max(delayMs, 0), order: (order += 1), run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(ms) {
      const until = elapsed + ms;
      await settle();
      for (let timer = nextDue(until); timer; timer = nextDue(until)) {
        timers.delete(timer);
        elapsed = Math.max(elapsed, timer.dueAt);
        timer.run();
        await settle();
      }
      elapsed = until;
    },
    setWallClock(now) {
      wallOffset = now - elapsed;
    },
    get pending() {
      return timers.size;
    },
  };
}

/** Lets every promise that can settle do so. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
