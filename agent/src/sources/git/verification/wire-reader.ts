/** Reads the binary form that SSH writes keys and signatures in: numbers and byte strings with their length. */
export class WireReader {
  #at = 0;

  constructor(readonly bytes: Buffer) {}

  /** @throws when the bytes end before */
  string(): Buffer {
    const length = this.uint32();
    return this.take(length);
  }

  text(): string {
    return this.string().toString('latin1');
  }

  uint32(): number {
    return this.take(4).readUInt32BE(0);
  }

  take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.bytes.length) throw new Error('the data end too early');
    const taken = this.bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  /** A positive number without leading zeros. */
  mpint(): Buffer {
    const bytes = this.string();
    let start = 0;
    while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
    return bytes.subarray(start);
  }

  get isAtEnd(): boolean {
    return this.#at === this.bytes.length;
  }
}

/** A byte string with its length before it. */
export function wireString(value: string | Buffer): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
