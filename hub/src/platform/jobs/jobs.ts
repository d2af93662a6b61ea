/**
 * Work that has to happen at or soon after a time, on one replica, whatever is killed meanwhile. A job says only
 * which key to look at, never what to do: `run` reads the truth from the database.
 *
 * - A key has at most one waiting job; to wake it again coalesces, and an earlier time replaces a later one.
 * - While `run(key)` is under way, another wake() of the key makes it run once more afterwards; it never runs twice
 *   at the same time, except when a replica was cut off from the database for longer than its lock: `run` takes a
 *   row lock if that matters.
 * - The job of a replica that died is taken by another one within about 20 s.
 * - `run` that throws is tried again with back-off (1 s doubling to 1 min) for as long as it fails, and logged.
 *
 * wake() is not a part of the caller's transaction: call it after the commit, and have a sweep that finds what was
 * not woken because the process died between the two. `JobsModule` (`@Global`) provides it.
 */
export abstract class Jobs {
  /**
   * Declares the worker of a queue on this replica; call it in `onModuleInit`. Names: [a-z0-9-]. Work begins when
   * the application has started and ends, with the running jobs finished, before it closes.
   */
  abstract work(queue: string, concurrency: number, run: (key: string) => Promise<void>): void;

  /** Wants `run(key)` at or soon after `at` (now when absent). Survives restarts. */
  abstract wake(queue: string, key: string, at?: Date): Promise<void>;
}
