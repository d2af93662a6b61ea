import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { Mutex } from '../../artifacts/mutex.js';
import type { GitRemote } from './credentials.js';
import { neutraliseAttributes, type GitCommand } from './git-command.js';
import { GitError } from './git-error.js';

export interface FetchOptions {
  timeoutMs: number;
  signal?: AbortSignal;
}

/** How a ref is fetched. */
export interface FetchRefOptions extends FetchOptions {
  depth?: number;
  /** Commits alone, where the server can do that; others send their files too. */
  commitsOnly?: boolean;
  /** Fetch also what is there already. */
  always?: boolean;
  /** Name in the cache; default that of the ref. */
  as?: string;
}

/** A bare repository on disk that one caller has for itself. */
export interface CachedRepository {
  readonly gitDir: string;
  readonly remote: GitRemote;
}

/**
 * Shallow caches hold single commits; full ones hold history, to find commits that no ref points at; those of the
 * history hold commits without their files, as many as it took to see how they hang together.
 */
export type CacheDepth = 'shallow' | 'full' | 'history';

export interface RepositoryCacheOptions {
  git: GitCommand;
  /** Folder of all caches. */
  root: string;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Bytes that one fetch may bring in. */
  maxFetchBytes: number;
}

/** A cache that nobody used for this time is removed. */
const unusedAfterMs = 24 * 60 * 60 * 1000;
const sweepEveryMs = 60 * 60 * 1000;
/** File systems may write times a little behind. */
const clockGrainMs = 20;
/** Objects of commits that nobody wants any more are removed after so many fetches. */
const fetchesPerCleanUp = 50;

/**
 * Bare repositories, one per URL and credentials, so that a fetch transfers only what changed. They are a cache and
 * nothing more: whatever is wrong with one is cured by making it anew.
 */
export class RepositoryCache {
  readonly #locks = new Map<string, Mutex>();
  readonly #fetches = new Map<string, number>();
  readonly #tidied = new Set<string>();
  #sweptAt = 0;

  constructor(readonly options: RepositoryCacheOptions) {}

  /** Lends the repository to one caller at a time. A damaged one is replaced, and the work starts again. */
  async use<T>(
    remote: GitRemote,
    kind: { depth: CacheDepth; hashLength: number },
    signal: AbortSignal | undefined,
    work: (repository: CachedRepository) => Promise<T>,
  ): Promise<T> {
    await this.#sweep();
    const name = `${remote.key}-${kind.depth}-${kind.hashLength}`;
    const gitDir = path.join(this.options.root, name);
    const lock = this.#locks.get(name) ?? new Mutex();
    this.#locks.set(name, lock);
    return lock.run(async () => {
      signal?.throwIfAborted();
      const existed = await this.#prepare(gitDir, kind.hashLength);
      try {
        return await this.#attempt(gitDir, () => work({ gitDir, remote }));
      } catch (error) {
        if (!existed || !(error instanceof GitError) || error.failure !== 'local') throw error;
        await rm(gitDir, { recursive: true, force: true });
        await this.#prepare(gitDir, kind.hashLength);
        return this.#attempt(gitDir, () => work({ gitDir, remote }));
      }
    });
  }

  /** A git that fails or is killed leaves what it received so far: on a full volume, all the space there was. */
  async #attempt<T>(gitDir: string, work: () => Promise<T>): Promise<T> {
    const isFirst = !this.#tidied.has(gitDir);
    this.#tidied.add(gitDir);
    // An earlier process may have been killed.
    if (isFirst) await removeUnfinished(gitDir);
    try {
      return await work();
    } catch (error) {
      await removeUnfinished(gitDir);
      throw error;
    }
  }

  /** Fetches a ref unless it is already at `expected`, or in any case. Gives the commit that it points at. */
  async fetchRef(
    { gitDir, remote }: CachedRepository,
    refName: string,
    expected: string | undefined,
    options: FetchRefOptions,
  ): Promise<string> {
    const local = localRef(options.as ?? refName);
    const held = options.always ? undefined : await this.resolve(gitDir, local, options);
    if (held && held === expected) return held;
    await this.#fetch(gitDir, remote, [`+${refName}:${local}`], options);
    const fetched = await this.resolve(gitDir, local, options);
    if (!fetched) throw new GitError('missing-ref', `ref "${refName}" does not point at a commit`);
    return fetched;
  }

  /** Fetches all branches with their history. */
  fetchBranches({ gitDir, remote }: CachedRepository, options: FetchOptions): Promise<void> {
    return this.#fetch(gitDir, remote, ['+refs/heads/*:refs/branches/*'], options);
  }

  /** The commit of a revision that the cache holds, or undefined. */
  async resolve(gitDir: string, revision: string, options: FetchOptions): Promise<string | undefined> {
    const args = [
      '--git-dir',
      gitDir,
      'rev-parse',
      '--verify',
      '--quiet',
      '--end-of-options',
      `${revision}^{commit}`,
    ];
    try {
      return (await this.options.git(args, options)).stdout.toString('utf8').trim();
    } catch (error) {
      if (error instanceof GitError && error.failure === 'cancelled') throw error;
      return undefined;
    }
  }

  /** Names the commit, so that it is not cleaned up. */
  async keep(gitDir: string, commit: string, options: FetchOptions): Promise<void> {
    await this.options.git(['--git-dir', gitDir, 'update-ref', localRef(commit), commit], options);
  }

  async #fetch(
    gitDir: string,
    remote: GitRemote,
    refSpecs: readonly string[],
    options: FetchRefOptions,
  ): Promise<void> {
    const depth = options.depth ? [`--depth=${options.depth}`] : [];
    if (options.commitsOnly) depth.push('--filter=tree:0');
    const flags = ['--quiet', '--force', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules'];
    const args = ['--git-dir', gitDir, 'fetch', ...flags, ...depth, '--', remote.url, ...refSpecs];
    const { timeoutMs, signal } = options;
    const growth = {
      folder: path.join(gitDir, 'objects'),
      maxBytes: this.options.maxFetchBytes,
      sinceMs: this.options.now() - clockGrainMs,
    };
    try {
      await this.options.git(args, { remote, timeoutMs, growth, ...(signal ? { signal } : {}) });
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      // Also what was quick enough to be complete: the next attempt would take it for granted.
      if (error.failure === 'too-large') await rm(gitDir, { recursive: true, force: true });
      throw new GitError(error.failure, `unable to clone '${remote.url}': ${error.message}`, error);
    }
    await this.#cleanUp(gitDir, options);
  }

  async #cleanUp(gitDir: string, options: FetchOptions): Promise<void> {
    const count = (this.#fetches.get(gitDir) ?? 0) + 1;
    this.#fetches.set(gitDir, count);
    if (count % fetchesPerCleanUp === 0) {
      await this.options.git(['--git-dir', gitDir, 'gc', '--quiet', '--prune=now'], options);
    }
  }

  async #prepare(gitDir: string, hashLength: number): Promise<boolean> {
    const existed = await stat(path.join(gitDir, 'HEAD')).then(
      () => true,
      () => false,
    );
    if (!existed) {
      await mkdir(this.options.root, { recursive: true, mode: 0o700 });
      const format = hashLength === 64 ? 'sha256' : 'sha1';
      const init = ['init', '--quiet', '--bare', '--template=', `--object-format=${format}`, '--', gitDir];
      await this.options.git(init, { timeoutMs: 30_000 });
      await mkdir(path.join(gitDir, 'info'), { recursive: true });
    }
    await neutraliseAttributes(gitDir);
    const now = this.options.now() / 1000;
    await utimes(gitDir, now, now);
    return existed;
  }

  async #sweep(): Promise<void> {
    const now = this.options.now();
    if (now - this.#sweptAt < sweepEveryMs) return;
    this.#sweptAt = now;
    for (const name of await readdir(this.options.root).catch(() => [])) {
      const folder = path.join(this.options.root, name);
      const found = await stat(folder).catch(() => undefined);
      if (!found || now - found.mtimeMs < unusedAfterMs) continue;
      await (this.#locks.get(name) ?? new Mutex()).run(() => rm(folder, { recursive: true, force: true }));
      this.#locks.delete(name);
      this.#tidied.delete(folder);
    }
  }
}

/** Removes the packs and objects that git had begun to write. Nobody else works in the folder. */
async function removeUnfinished(gitDir: string): Promise<void> {
  const objects = path.join(gitDir, 'objects');
  for (const folder of await readdir(objects).catch(() => [])) {
    for (const name of await readdir(path.join(objects, folder)).catch(() => [])) {
      if (name.startsWith('tmp_')) await rm(path.join(objects, folder, name), { force: true });
    }
  }
}

/** Local names are digests: a branch `a` and a later branch `a/b` must not stand in each other's way. */
export function localRef(name: string): string {
  return `refs/fetched/${createHash('sha256').update(name).digest('hex')}`;
}
