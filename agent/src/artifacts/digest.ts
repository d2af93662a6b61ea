import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Transform, type TransformCallback } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Algorithms that --artifact-digest-algo takes; others can be read, never written. */
export const digestAlgorithms = ['sha256', 'sha384', 'sha512', 'sha1'] as const;
export type DigestAlgorithm = (typeof digestAlgorithms)[number];

const hexLengths: Readonly<Record<DigestAlgorithm, number>> = {
  sha256: 64,
  sha384: 96,
  sha512: 128,
  sha1: 40,
};

export interface Digest {
  algorithm: DigestAlgorithm;
  hex: string;
}

/** Reads `<algorithm>:<hex>`; undefined when it is malformed or the algorithm is not known. */
export function parseDigest(text: string): Digest | undefined {
  const [name, hex] = text.split(':');
  const algorithm = digestAlgorithms.find((known) => known === name);
  if (!algorithm || !hex || hex.length !== hexLengths[algorithm] || !/^[0-9a-f]+$/.test(hex))
    return undefined;
  return { algorithm, hex };
}

/** Passes bytes on while it counts and hashes them. Fails as soon as there are more than the limit. */
export class Meter extends Transform {
  size = 0;
  readonly #hash: Hash;

  constructor(
    readonly algorithm: DigestAlgorithm,
    readonly maxBytes = Number.POSITIVE_INFINITY,
  ) {
    super();
    this.#hash = createHash(algorithm);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.size += chunk.length;
    if (this.size > this.maxBytes) {
      done(new Error(`more than ${this.maxBytes} bytes`));
      return;
    }
    this.#hash.update(chunk);
    done(null, chunk);
  }

  /** `<algorithm>:<hex>` of what has passed. Call once, at the end. */
  digest(): string {
    return `${this.algorithm}:${this.#hash.digest('hex')}`;
  }
}

/** The digest of a file, read as a stream. */
export async function digestFile(
  file: string,
  algorithm: DigestAlgorithm,
  signal?: AbortSignal,
): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(file), hash, signal ? { signal } : {});
  return `${algorithm}:${hash.digest('hex')}`;
}
