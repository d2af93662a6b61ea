import { stat } from 'node:fs/promises';
import type { ArtifactCheck } from './artifact.js';
import { codeOf } from './artifact-error.js';
import { digestFile, parseDigest } from './digest.js';

interface Verified {
  digest: string;
  /** Changes whenever the file's content or place changes. */
  fingerprint: string;
  verifiedAt: number;
}

/** A file that does not seem to change is hashed again after this time: disks decay without telling. */
const maxAgeMs = 60 * 60 * 1000;

/**
 * Knows which files have the digest they should have. Every reconcile of every source asks (flux-compat 2.1), so a
 * file whose size, time and inode are unchanged is not read again.
 */
export class VerifiedFiles {
  readonly #files = new Map<string, Verified>();

  constructor(readonly now: () => number) {}

  async check(file: string, digest: string): Promise<ArtifactCheck> {
    const fingerprint = await fingerprintOf(file);
    if (!fingerprint) return 'missing';
    const known = this.#files.get(file);
    const fresh = known && this.now() - known.verifiedAt < maxAgeMs;
    if (fresh && known.digest === digest && known.fingerprint === fingerprint) return 'ok';
    const algorithm = parseDigest(digest)?.algorithm;
    if (!algorithm || (await digestFile(file, algorithm)) !== digest) return 'corrupt';
    this.#files.set(file, { digest, fingerprint, verifiedAt: this.now() });
    return 'ok';
  }

  /** For a file that was just written. */
  async remember(file: string, digest: string): Promise<void> {
    const fingerprint = await fingerprintOf(file);
    if (fingerprint) this.#files.set(file, { digest, fingerprint, verifiedAt: this.now() });
  }

  /** Forgets a file, or all files of a folder. */
  forgetBelow(place: string): void {
    for (const file of this.#files.keys()) {
      if (file === place || file.startsWith(`${place}/`)) this.#files.delete(file);
    }
  }
}

async function fingerprintOf(file: string): Promise<string | undefined> {
  try {
    const found = await stat(file, { bigint: true });
    // ctime cannot be set back by whoever changes the content; that it also moves with each new link is cheap.
    return found.isFile() ? `${found.ino}:${found.size}:${found.ctimeNs}` : undefined;
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}
