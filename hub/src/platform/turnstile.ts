/**
 * Lets a few pass at a time, in the order of their coming. A thousand agents that dial at the same moment wait here,
 * and not for a connection of the pool, which others need as well and which nobody waits for without end.
 */
export class Turnstile {
  private readonly waiting: (() => void)[] = [];
  private inside = 0;

  constructor(private readonly places: number) {}

  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.inside >= this.places) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.inside += 1;
    try {
      return await work();
    } finally {
      // The place goes to the next one, or is free.
      const next = this.waiting.shift();
      if (next) next();
      else this.inside -= 1;
    }
  }
}
