import { AsyncLocalStorage } from 'node:async_hooks';

/** The shard that the work belongs to may be somebody else's by now. */
export class ShardLostError extends Error {
  override readonly name = 'ShardLostError';
}

const current = new AsyncLocalStorage<WorkClaim>();

/** The right of one reconcile to change something. Once lost it never comes back; other work has a claim of its own. */
export class WorkClaim {
  readonly #controller = new AbortController();
  readonly #mayAct: () => boolean;
  #ended = false;

  constructor(mayAct: () => boolean) {
    this.#mayAct = mayAct;
  }

  /** Aborted when the work has to stop. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isLost(): boolean {
    return this.#controller.signal.aborted;
  }

  /** Asks the work to stop; it may still finish the write that it is at. */
  interrupt(): void {
    this.#controller.abort(new ShardLostError('the shard of this object is given to another replica'));
  }

  /** @throws ShardLostError */
  check(): void {
    // What a reconcile has set going for others (an event, a cache) lives on after it, and is nobody's work.
    if (!this.#ended && !this.#mayAct())
      throw new ShardLostError('the shard of this object may be worked on by another replica by now');
  }

  /** Runs work under this claim. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await current.run(this, work);
    } finally {
      this.#ended = true;
    }
  }
}

/** Called before each write to a cluster: fails when the work that writes has lost its claim. @throws ShardLostError */
export function checkClaim(): void {
  current.getStore()?.check();
}
