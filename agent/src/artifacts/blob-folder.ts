import { copyFile, link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { codeOf } from './artifact-error.js';
import { digestFile, parseDigest, type DigestAlgorithm } from './digest.js';
import { Mutex } from './mutex.js';

/**
 * Files by the digest of their content. The files of owners are hard links to them, so content that several owners
 * share lies on disk once. A blob that only this folder links to is unused.
 */
export class BlobFolder {
  /** Placing and sweeping exclude each other: a blob without its first owner link looks unused. */
  readonly #mutex = new Mutex();

  constructor(
    readonly root: string,
    readonly algorithm: DigestAlgorithm,
  ) {}

  /** Where the blob of a digest lies; undefined for a digest that cannot be in this store. */
  fileOf(digest: string): string | undefined {
    const parsed = parseDigest(digest);
    return parsed && path.join(this.root, `${parsed.algorithm}-${parsed.hex}`);
  }

  /** Takes over a complete temporary file and links it to `target`, replacing what was there in one step. */
  place(temporary: string, digest: string, target: string): Promise<void> {
    const blob = this.fileOf(digest);
    if (!blob) throw new Error(`digest ${digest} is not one of this store`);
    return this.#mutex.run(async () => {
      await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
      if (await this.#holds(blob, digest)) await rm(temporary, { force: true });
      else await rename(temporary, blob);
      await replaceByLink(blob, target);
      await syncFolder(path.dirname(target));
    });
  }

  /** Removes the blobs that no owner links to. Returns their digests. */
  sweep(): Promise<string[]> {
    return this.#mutex.run(async () => {
      const removed: string[] = [];
      for (const name of await readdir(this.root)) {
        const file = path.join(this.root, name);
        if ((await stat(file)).nlink > 1) continue;
        await rm(file, { force: true });
        removed.push(name.replace('-', ':'));
      }
      return removed;
    });
  }

  /** A damaged blob must not be linked again, or its content would never heal. */
  async #holds(blob: string, digest: string): Promise<boolean> {
    try {
      return (await digestFile(blob, this.algorithm)) === digest;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    }
  }
}

async function replaceByLink(blob: string, target: string): Promise<void> {
  const fresh = `${target}.new`;
  await rm(fresh, { force: true });
  try {
    await link(blob, fresh);
  } catch (error) {
    // Some network volumes know no hard links: then every owner has its own copy.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'ENOSYS'].includes(codeOf(error) ?? '')) throw error;
    await copyFile(blob, fresh);
  }
  // rename() does nothing when both names are links of one file already, and leaves the first one there.
  await rename(fresh, target);
  await rm(fresh, { force: true });
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
