/** Collects a stream up to a limit; more is an error of the caller's choice. */
export class BoundedBuffer {
  readonly #chunks: Buffer[] = [];
  #size = 0;

  constructor(readonly limit: number) {}

  /** False when the chunk does not fit any more. */
  add(chunk: Buffer): boolean {
    this.#size += chunk.length;
    if (this.#size > this.limit) return false;
    this.#chunks.push(chunk);
    return true;
  }

  toBuffer(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}

/** Keeps the last bytes of a stream: the end of stderr is where programs say why they gave up. */
export class TailBuffer {
  #tail: Buffer = Buffer.alloc(0);

  constructor(readonly limit: number) {}

  add(chunk: Buffer): void {
    const joined = Buffer.concat([this.#tail, chunk]);
    this.#tail = joined.length > this.limit ? joined.subarray(joined.length - this.limit) : joined;
  }

  toString(): string {
    return this.#tail.toString('utf8');
  }
}
