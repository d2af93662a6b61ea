import { isCommitHash } from './checkout-plan.js';
import { readCommit, type Commit } from './commit.js';
import type { GitRemote } from './credentials.js';
import { exportTree } from './export-tree.js';
import type { GitCommand } from './git-command.js';
import { GitError } from './git-error.js';
import type { FetchOptions, RepositoryCache } from './repository-cache.js';

/** What to fetch: a ref that the remote listed, or a commit by its hash. */
export type FetchTarget =
  | { kind: 'ref'; refName: string; expected: string }
  | { kind: 'commit'; commit: string; branch?: string };

/** Fetches commits and writes their files out. All git work of a GitRepository after the listing is here. */
export class GitClient {
  constructor(
    readonly git: GitCommand,
    readonly cache: RepositoryCache,
  ) {}

  /** Fetches the target if need be and writes its files into `folder`. Gives the commit that it turned out to be. */
  checkout(remote: GitRemote, target: FetchTarget, folder: string, options: FetchOptions): Promise<Commit> {
    return this.#withCommit(remote, target, options, async (gitDir, hash) => {
      await exportTree(this.git, gitDir, hash, folder, options);
      return readCommit(this.git, gitDir, hash, options);
    });
  }

  /** Fetches a ref if need be and gives its commit, without its files. */
  commitOf(remote: GitRemote, refName: string, expected: string, options: FetchOptions): Promise<Commit> {
    return this.#withCommit(remote, { kind: 'ref', refName, expected }, options, (gitDir, hash) =>
      readCommit(this.git, gitDir, hash, options),
    );
  }

  #withCommit<T>(
    remote: GitRemote,
    target: FetchTarget,
    options: FetchOptions,
    work: (gitDir: string, hash: string) => Promise<T>,
  ): Promise<T> {
    if (target.kind === 'commit') return this.#withCommitByHash(remote, target, options, work);
    const kind = { depth: 'shallow' as const, hashLength: target.expected.length };
    return this.cache.use(remote, kind, options.signal, async (repository) => {
      const fetch = { ...options, depth: 1 };
      const hash = await this.cache.fetchRef(repository, target.refName, target.expected, fetch);
      return work(repository.gitDir, hash);
    });
  }

  async #withCommitByHash<T>(
    remote: GitRemote,
    target: { commit: string; branch?: string },
    options: FetchOptions,
    work: (gitDir: string, hash: string) => Promise<T>,
  ): Promise<T> {
    if (!isCommitHash(target.commit)) throw commitNotFound(target.commit);
    if (!target.branch) {
      const found = await this.#withLooseCommit(remote, target.commit, options, work);
      if (found) return found.result;
    }
    return this.#withCommitOfHistory(remote, target, options, work);
  }

  /** Most servers hand out any commit by its hash; undefined when this one refuses. */
  async #withLooseCommit<T>(
    remote: GitRemote,
    commit: string,
    options: FetchOptions,
    work: (gitDir: string, hash: string) => Promise<T>,
  ): Promise<{ result: T } | undefined> {
    const kind = { depth: 'shallow' as const, hashLength: commit.length };
    return this.cache.use(remote, kind, options.signal, async (repository) => {
      try {
        await this.cache.fetchRef(repository, commit, commit, { ...options, depth: 1 });
      } catch (error) {
        if (error instanceof GitError && error.failure === 'refused') return undefined;
        throw error;
      }
      return { result: await work(repository.gitDir, commit) };
    });
  }

  /** With a branch, only a commit of that branch counts (flux-compat 2.3): that takes its history. */
  #withCommitOfHistory<T>(
    remote: GitRemote,
    target: { commit: string; branch?: string },
    options: FetchOptions,
    work: (gitDir: string, hash: string) => Promise<T>,
  ): Promise<T> {
    const { commit, branch } = target;
    const kind = { depth: 'full' as const, hashLength: commit.length };
    return this.cache.use(remote, kind, options.signal, async (repository) => {
      const { gitDir } = repository;
      const tip = branch
        ? await this.cache.fetchRef(repository, `refs/heads/${branch}`, undefined, options)
        : undefined;
      if (!branch) await this.cache.fetchBranches(repository, options);
      const held = await this.cache.resolve(gitDir, commit, options);
      if (!held || (tip && !(await this.#isAncestor(gitDir, commit, tip, options))))
        throw commitNotFound(commit);
      return work(gitDir, commit);
    });
  }

  async #isAncestor(gitDir: string, commit: string, tip: string, options: FetchOptions): Promise<boolean> {
    const args = ['--git-dir', gitDir, 'rev-list', '--max-count=1', commit, `^${tip}`];
    // What the tip does not reach would be listed.
    return (await this.git(args, options)).stdout.length === 0;
  }
}

function commitNotFound(commit: string): GitError {
  return new GitError('missing-ref', `unable to resolve commit object for '${commit}': object not found`);
}
