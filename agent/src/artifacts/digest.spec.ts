import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, describe, expect, it } from 'vitest';
import { digestFile, Meter, parseDigest, type DigestAlgorithm } from './digest.js';

/** Published test vectors: of "abc", and for BLAKE3 also of the 251-periodic bytes that cross chunks of its tree. */
const ofAbc: readonly (readonly [DigestAlgorithm, string])[] = [
  ['sha256', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    'sha384',
    'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7',
  ],
  ['sha1', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
  ['blake3', '6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85'],
];
const periodic = Buffer.from(Array.from({ length: 102_400 }, (_, index) => index % 251));
const ofPeriodic = 'bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085';

const folder = mkdtempSync(path.join(tmpdir(), 'digest-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function metered(algorithm: DigestAlgorithm, bytes: Buffer, step: number): Promise<string> {
  const meter = new Meter(algorithm);
  const chunks = Array.from({ length: Math.ceil(bytes.length / step) }, (_, index) =>
    bytes.subarray(index * step, (index + 1) * step),
  );
  await pipeline(Readable.from(chunks), meter, async (passed) => {
    for await (const _ of passed) continue;
  });
  return meter.digest();
}

describe('digests', () => {
  it.each(ofAbc)('%s of a stream and of a file', async (algorithm, hex) => {
    const file = path.join(folder, algorithm);
    await writeFile(file, 'abc');
    expect(await digestFile(file, algorithm)).toBe(`${algorithm}:${hex}`);
    expect(await metered(algorithm, Buffer.from('abc'), 1)).toBe(`${algorithm}:${hex}`);
    expect(parseDigest(`${algorithm}:${hex}`)).toEqual({ algorithm, hex });
  });

  it.each([1_000, 1_024, 65_536])('blake3 does not depend on chunks of %d bytes', async (step) => {
    expect(await metered('blake3', periodic, step)).toBe(`blake3:${ofPeriodic}`);
  });

  it.each(['blake3:00', `md5:${'0'.repeat(32)}`, `blake3:${'g'.repeat(64)}`, 'sha256'])(
    '%s is no digest',
    (text) => {
      expect(parseDigest(text)).toBeUndefined();
    },
  );
});
