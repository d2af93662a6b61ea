interface Entry<Value> {
  readonly resolve: (value: Value | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Answers many who read by a key at the same time with one query, on one connection: who comes while one query runs is
 * answered by the next. Every answer is read after it was asked for.
 */
export class GroupRead<Value> {
  private waiting = new Map<string, Entry<Value>[]>();
  private running = false;

  constructor(
    private readonly read: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>,
    /** Keys of one query. */
    private readonly most: number,
  ) {}

  /** The value of the key; undefined where there is none. */
  async get(key: string): Promise<Value | undefined> {
    return new Promise((resolve, reject) => {
      const entries = this.waiting.get(key) ?? [];
      entries.push({ resolve, reject });
      this.waiting.set(key, entries);
      if (!this.running) void this.drain();
    });
  }

  private async drain(): Promise<void> {
    this.running = true;
    // Those of one turn of the event loop belong together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.waiting.size > 0) await this.answer(this.next());
    this.running = false;
  }

  private next(): ReadonlyMap<string, readonly Entry<Value>[]> {
    const all = [...this.waiting];
    this.waiting = new Map(all.slice(this.most));
    return new Map(all.slice(0, this.most));
  }

  private async answer(batch: ReadonlyMap<string, readonly Entry<Value>[]>): Promise<void> {
    try {
      const values = await this.read([...batch.keys()]);
      for (const [key, entries] of batch) for (const { resolve } of entries) resolve(values.get(key));
    } catch (error) {
      for (const { reject } of [...batch.values()].flat()) reject(error);
    }
  }
}
