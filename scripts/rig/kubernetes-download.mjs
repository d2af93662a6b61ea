// Downloads the official release binaries and checks them against the published SHA-256. Where there is no way out,
// it fails within seconds, so that the caller can build them instead.
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { chmod, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { emptySibling } from './cache.mjs';
import { step } from './progress.mjs';

const programs = ['kube-apiserver', 'kube-controller-manager'];
const architectures = { x64: 'amd64', arm64: 'arm64' };

/** Puts the programs of the release `version` ("v1.20.2") into the folder `target`, both or none. */
export async function download(version, target) {
  const mirror = process.env.FLOTILLA_KUBERNETES_MIRROR || 'https://dl.k8s.io';
  const base = `${mirror}/${version}/bin/linux/${architectures[process.arch] ?? process.arch}`;
  const sums = await checksums(base);
  const folder = emptySibling(target);
  await step(`download Kubernetes ${version} from ${mirror}`, '10 to 60 s, 230 MB', async () => {
    for (const program of programs)
      await fetchChecked(`${base}/${program}`, join(folder, program), sums[program]);
  });
  await rename(folder, target);
}

/** Asks for the checksums first: small files that show within 4 s whether the host can be reached. */
async function checksums(base) {
  const sums = {};
  for (const program of programs) {
    const url = `${base}/${program}.sha256`;
    const response = await fetch(url, { signal: AbortSignal.timeout(4_000) }).catch((error) => {
      throw new Error(`${url}: ${error.cause?.message ?? error.message}`);
    });
    const text = (await response.text()).trim().split(/\s/)[0];
    if (!response.ok || !/^[0-9a-f]{64}$/.test(text))
      throw new Error(`${url}: answered ${response.status} and no checksum`);
    sums[program] = text;
  }
  return sums;
}

async function fetchChecked(url, file, expected) {
  const response = await fetch(url, { signal: AbortSignal.timeout(600_000) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const hash = createHash('sha256');
  const hashed = async function* (chunks) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  };
  await pipeline(Readable.fromWeb(response.body), hashed, createWriteStream(file));
  const actual = hash.digest('hex');
  if (actual !== expected) throw new Error(`${url}: SHA-256 is ${actual}, published is ${expected}`);
  await chmod(file, 0o755);
}
