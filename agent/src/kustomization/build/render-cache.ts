import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../runtime/clock.js';

/**
 * Results of builds on disk, by the digest of everything that went into them. What is kept is the output of
 * kustomize before substitution, so that no value of a Secret gets there. Memory holds only keys and sizes.
 */
export class RenderCache {
  /** Least recently used first. */
  readonly #sizes = new Map<string, number>();
  #bytes = 0;

  private constructor(
    readonly folder: string,
    readonly maxBytes: number,
    readonly clock: Clock,
  ) {}

  /** Opens the cache that an earlier process left in the folder, or an empty one. */
  static async open(folder: string, maxBytes: number, clock: Clock): Promise<RenderCache> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const cache = new RenderCache(folder, maxBytes, clock);
    await cache.#load();
    return cache;
  }

  /** The kept output; undefined when there is none, or when it does not match its digest. */
  async get(key: string): Promise<string | undefined> {
    if (!this.#sizes.has(key)) return undefined;
    const kept = await readFile(this.#file(key), 'utf8').catch(() => undefined);
    const text = kept === undefined ? undefined : checked(kept);
    if (text === undefined) {
      await this.#drop(key);
      return undefined;
    }
    await this.#touch(key);
    return text;
  }

  /** Keeps an output. A full or broken disk costs later builds, never this one. */
  async put(key: string, text: string): Promise<void> {
    const head = `${digestOf(text)}\n`;
    const temporary = path.join(this.folder, `.${randomUUID()}`);
    try {
      await writeFile(temporary, [head, text], { mode: 0o600 });
      await rename(temporary, this.#file(key));
    } catch {
      await rm(temporary, { force: true });
      return;
    }
    this.#forget(key);
    const size = Buffer.byteLength(head) + Buffer.byteLength(text);
    this.#sizes.set(key, size);
    this.#bytes += size;
    await this.#shrink();
  }

  async #load(): Promise<void> {
    const found: Array<{ key: string; size: number; usedAt: number }> = [];
    for (const name of await readdir(this.folder)) {
      if (name.startsWith('.')) {
        await rm(path.join(this.folder, name), { force: true });
        continue;
      }
      const stats = await stat(path.join(this.folder, name));
      found.push({ key: name, size: stats.size, usedAt: stats.mtimeMs });
    }
    for (const { key, size } of found.sort((a, b) => a.usedAt - b.usedAt)) {
      this.#sizes.set(key, size);
      this.#bytes += size;
    }
    await this.#shrink();
  }

  async #touch(key: string): Promise<void> {
    const size = this.#sizes.get(key);
    if (size === undefined) return;
    this.#sizes.delete(key);
    this.#sizes.set(key, size);
    const now = new Date(this.clock.now());
    await utimes(this.#file(key), now, now).catch(() => undefined);
  }

  async #shrink(): Promise<void> {
    for (const key of this.#sizes.keys()) {
      if (this.#bytes <= this.maxBytes) return;
      await this.#drop(key);
    }
  }

  async #drop(key: string): Promise<void> {
    this.#forget(key);
    await rm(this.#file(key), { force: true });
  }

  #forget(key: string): void {
    this.#bytes -= this.#sizes.get(key) ?? 0;
    this.#sizes.delete(key);
  }

  #file(key: string): string {
    return path.join(this.folder, key);
  }
}

function checked(content: string): string | undefined {
  const end = content.indexOf('\n');
  const text = content.slice(end + 1);
  return content.slice(0, end) === digestOf(text) ? text : undefined;
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
