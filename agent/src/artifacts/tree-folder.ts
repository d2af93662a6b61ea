import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactTree } from './artifact.js';
import { codeOf } from './artifact-error.js';
import { Meter, parseDigest } from './digest.js';
import { unpackArchive, type UnpackLimits } from './unpack-archive.js';

export interface TreeFolderOptions {
  root: string;
  /** Where unpacking happens; a finished tree is moved into place in one step. */
  workRoot: string;
  limits: UnpackLimits;
}

/** Unpacked archives by digest: unpacked once, shared by all readers, kept across restarts. */
export class TreeFolder {
  readonly #readers = new Map<string, number>();
  readonly #unpacking = new Map<string, Promise<void>>();
  readonly #discarding = new Map<string, Promise<void>>();
  #sequence = 0;

  constructor(readonly options: TreeFolderOptions) {}

  /** Makes the folder ready. Trees of an earlier boot may lack data that never reached the disk; they go. */
  async prepare(): Promise<void> {
    const { root } = this.options;
    const marker = path.join(root, '.boot');
    const boot = await currentBoot();
    const before = await readFile(marker, 'utf8').catch(() => undefined);
    if (before !== boot) await rm(root, { recursive: true, force: true });
    await mkdir(root, { recursive: true, mode: 0o700 });
    if (before !== boot) await writeFile(marker, boot);
  }

  /** The tree of an archive file, unpacked now if it is not there yet. */
  async open(digest: string, archive: string): Promise<ArtifactTree> {
    // Counted before the first await, so that a sweep never takes the tree away in between.
    this.#readers.set(digest, (this.#readers.get(digest) ?? 0) + 1);
    try {
      await this.#ensure(digest, archive);
    } catch (error) {
      this.#release(digest);
      throw error;
    }
    let open = true;
    return {
      root: this.#rootOf(digest),
      release: async () => {
        if (open) this.#release(digest);
        open = false;
      },
    };
  }

  /** True when a tree is unpacked already. */
  async has(digest: string): Promise<boolean> {
    return stat(this.#rootOf(digest)).then(
      () => true,
      () => false,
    );
  }

  /** Removes the trees that nobody reads and that `keep` does not want. */
  async sweep(keep: (digest: string) => boolean | Promise<boolean>): Promise<void> {
    for (const name of await readdir(this.options.root)) {
      const digest = name.replace('-', ':');
      if (!parseDigest(digest) || this.#inUse(digest) || (await keep(digest))) continue;
      // Asked again: somebody may have opened the tree while `keep` was thinking.
      if (this.#inUse(digest)) continue;
      const discarding = this.#discard(digest).finally(() => this.#discarding.delete(digest));
      this.#discarding.set(digest, discarding);
      await discarding;
    }
  }

  /** Readers share one unpacking, so it does not listen to the signal of any single one of them. */
  #ensure(digest: string, archive: string): Promise<void> {
    const running = this.#unpacking.get(digest);
    if (running) return running;
    const work = this.#unpack(digest, archive).finally(() => this.#unpacking.delete(digest));
    this.#unpacking.set(digest, work);
    return work;
  }

  async #unpack(digest: string, archive: string): Promise<void> {
    await this.#discarding.get(digest);
    if (await this.has(digest)) return;
    const algorithm = parseDigest(digest)?.algorithm;
    if (!algorithm) throw new Error(`digest ${digest} is malformed or of an unknown algorithm`);
    const work = path.join(this.options.workRoot, `tree-${process.pid}-${(this.#sequence += 1)}`);
    const bytes = createReadStream(archive);
    try {
      const meter = new Meter(algorithm);
      bytes.once('error', (error) => meter.destroy(error));
      await unpackArchive(bytes.pipe(meter), work, { limits: this.options.limits });
      if (meter.digest() !== digest) throw new Error(`content does not have the digest ${digest}`);
      await rename(work, this.#rootOf(digest));
    } finally {
      bytes.destroy();
      // After a failure other files of the archive may still be under way.
      await rm(work, { recursive: true, force: true, maxRetries: 5 });
    }
  }

  /** Moved away first: a half-removed tree must never be taken for a whole one. */
  async #discard(digest: string): Promise<void> {
    const trash = path.join(this.options.workRoot, `trash-${process.pid}-${(this.#sequence += 1)}`);
    try {
      await rename(this.#rootOf(digest), trash);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return;
      throw error;
    }
    await rm(trash, { recursive: true, force: true });
  }

  #inUse(digest: string): boolean {
    return this.#readers.has(digest) || this.#unpacking.has(digest);
  }

  #release(digest: string): void {
    const left = (this.#readers.get(digest) ?? 1) - 1;
    if (left > 0) this.#readers.set(digest, left);
    else this.#readers.delete(digest);
  }

  #rootOf(digest: string): string {
    return path.join(this.options.root, digest.replace(':', '-'));
  }
}

/** Changes with every start of the machine; where it cannot be read every restart counts as one. */
async function currentBoot(): Promise<string> {
  return readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => `${process.pid}`);
}
