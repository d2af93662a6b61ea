import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Transform, type TransformCallback } from 'node:stream';
import { blake3 } from '@noble/hashes/blake3.js';

/** Algorithms that --artifact-digest-algo takes; others can be read, never written. */
export const digestAlgorithms = ['sha256', 'sha384', 'sha512', 'blake3', 'sha1'] as const;
export type DigestAlgorithm = (typeof digestAlgorithms)[number];

const hexLengths: Readonly<Record<DigestAlgorithm, number>> = {
  sha256: 64,
  sha384: 96,
  sha512: 128,
  blake3: 64,
  sha1: 40,
};

/** A digest in the making. */
interface Hasher {
  update(chunk: Uint8Array): unknown;
  hex(): string;
}

/** OpenSSL, and so Node, knows all of them but BLAKE3. */
function startHash(algorithm: DigestAlgorithm): Hasher {
  if (algorithm === 'blake3') {
    const hash = blake3.create();
    return { update: (chunk) => hash.update(chunk), hex: () => Buffer.from(hash.digest()).toString('hex') };
  }
  const hash = createHash(algorithm);
  return { update: (chunk) => hash.update(chunk), hex: () => hash.digest('hex') };
}

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
  readonly #hash: Hasher;

  constructor(
    readonly algorithm: DigestAlgorithm,
    readonly maxBytes = Number.POSITIVE_INFINITY,
  ) {
    super();
    this.#hash = startHash(algorithm);
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
    return `${this.algorithm}:${this.#hash.hex()}`;
  }
}

/** The digest of a file, read as a stream. */
export async function digestFile(
  file: string,
  algorithm: DigestAlgorithm,
  signal?: AbortSignal,
): Promise<string> {
  const hash = startHash(algorithm);
  for await (const chunk of createReadStream(file, signal ? { signal } : {})) hash.update(chunk as Buffer);
  return `${algorithm}:${hash.hex()}`;
}
