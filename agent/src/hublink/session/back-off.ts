export interface BackOffOptions {
  firstMs: number;
  maxMs: number;
  /** A number from 0 to 1. */
  random: () => number;
}

/**
 * Waits between attempts: each limit is twice the last one, and the wait is anywhere between half of it and all of it,
 * so that a thousand agents whose hub has gone do not come back in the same moment.
 */
export class BackOff {
  #attempt = 0;

  constructor(private readonly options: BackOffOptions) {}

  nextMs(): number {
    const { firstMs, maxMs, random } = this.options;
    const limit = Math.min(maxMs, firstMs * 2 ** Math.min(this.#attempt, 30));
    this.#attempt += 1;
    return limit * (0.5 + random() / 2);
  }

  reset(): void {
    this.#attempt = 0;
  }
}
