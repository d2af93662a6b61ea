/** Whether a run may begin while an earlier one is still under way. */
export type Overlap = 'allowed' | 'skipped';

/** Work that is done from time to time as long as the hub runs, e.g. a sweep that finds what no notice told. */
export class PeriodicWork {
  private timer: NodeJS.Timeout | undefined;
  private readonly running = new Set<Promise<void>>();

  /** @param work what `onFailure` is told about when it rejects; the next run comes all the same */
  constructor(
    private readonly work: () => Promise<void>,
    private readonly options: {
      readonly everyMs: number;
      readonly overlap: Overlap;
      readonly onFailure: (err: unknown) => void;
    },
  ) {}

  /** Does it for the first time after one interval. It keeps no process alive. */
  start(): void {
    this.timer = setInterval(() => this.run(), this.options.everyMs);
    this.timer.unref();
  }

  /** Does it now as well. Never throws. */
  run(): void {
    if (this.options.overlap === 'skipped' && this.running.size > 0) return;
    const run = this.work()
      .catch((err: unknown) => this.options.onFailure(err))
      .finally(() => this.running.delete(run));
    this.running.add(run);
  }

  /** Begins no further run, and settles when those under way have ended. Never throws. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all(this.running);
  }
}
