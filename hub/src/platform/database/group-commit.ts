import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, EntityManager } from 'typeorm';
import { isDatabaseAway } from '../errors/describe-error.js';

export interface GroupCommitOptions<Item, Outcome> {
  readonly dataSource: DataSource;
  /** Writes the items, all or none, and gives one outcome each, in order. May run again with the same items. */
  readonly write: (manager: EntityManager, items: readonly Item[]) => Promise<readonly Outcome[]>;
  /** What an item weighs; a transaction takes items up to `maxWeight`, and always one. */
  readonly weigh: (item: Item) => number;
  readonly maxWeight: number;
  /** Told when a transaction has to be repeated because the database is away. */
  readonly onDatabaseAway: (error: unknown) => void;
}

interface Entry<Item, Outcome> {
  readonly item: Item;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

const retryMs = 500;

/** Thrown to those who wait when the hub stops. */
export class WriterStoppedError extends Error {
  override readonly name = 'WriterStoppedError';
}

/**
 * Puts what many sessions write into few transactions: what comes while one commits travels in the next. A single
 * writer on an idle hub waits for nobody. When the database is away, everybody waits until it is back.
 */
export class GroupCommit<Item, Outcome> {
  private queue: Entry<Item, Outcome>[] = [];
  private running: Promise<void> | undefined;
  private readonly stopping = new AbortController();

  constructor(private readonly options: GroupCommitOptions<Item, Outcome>) {}

  /** Settles after the commit. Rejects when this item cannot be written. */
  async submit(item: Item): Promise<Outcome> {
    if (this.stopping.signal.aborted) throw new WriterStoppedError('the hub is stopping');
    return new Promise((resolve, reject) => {
      this.queue.push({ item, resolve, reject });
      this.running ??= this.drain().finally(() => {
        this.running = undefined;
      });
    });
  }

  /** Finishes what is under way; what waits for an absent database is given up. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async drain(): Promise<void> {
    // Messages of one tick belong together.
    await Promise.resolve();
    while (this.queue.length > 0) await this.commit(this.nextBatch());
  }

  private nextBatch(): readonly Entry<Item, Outcome>[] {
    let weight = 0;
    let count = 0;
    for (const { item } of this.queue) {
      weight += this.options.weigh(item);
      if (count > 0 && weight > this.options.maxWeight) break;
      count += 1;
    }
    const batch = this.queue.slice(0, count);
    this.queue = this.queue.slice(count);
    return batch;
  }

  private async commit(batch: readonly Entry<Item, Outcome>[]): Promise<void> {
    for (;;) {
      try {
        const items = batch.map(({ item }) => item);
        const outcomes = await this.options.dataSource.transaction((manager) =>
          this.options.write(manager, items),
        );
        batch.forEach(({ resolve }, i) => resolve(outcomes[i] as Outcome));
        return;
      } catch (error) {
        if (!isDatabaseAway(error)) return this.isolate(batch, error);
        this.options.onDatabaseAway(error);
        await sleep(retryMs, undefined, { signal: this.stopping.signal }).catch(() => undefined);
        if (!this.stopping.signal.aborted) continue;
        for (const { reject } of batch)
          reject(new WriterStoppedError('the hub is stopping', { cause: error }));
        return;
      }
    }
  }

  /** One bad item must not harm its neighbours. */
  private async isolate(batch: readonly Entry<Item, Outcome>[], error: unknown): Promise<void> {
    if (batch.length === 1) return batch[0]?.reject(error);
    for (const entry of batch) await this.commit([entry]);
  }
}
