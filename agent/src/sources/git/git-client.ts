import path from 'node:path';
import { isAncestor } from './ancestry.js';
import { isCommitHash } from './checkout-plan.js';
import { readCommit, type Commit } from './commit.js';
import type { GitRemote } from './credentials.js';
import { exportTree } from './export-tree.js';
import type { GitCommand } from './git-command.js';
import { GitError } from './git-error.js';
import { localRef, type FetchOptions, type RepositoryCache } from './repository-cache.js';
import { isSparsePath } from './sparse-paths.js';
import { listSubmodules, submoduleRemote, type Submodule } from './submodules.js';
import { readTag, type Tag } from './tag.js';

/** What to fetch: a ref that the remote listed, or a commit by its hash. */
export type FetchTarget =
  | { kind: 'ref'; refName: string; expected: string; isExact?: boolean }
  | {
      kind: 'commit';
      commit: string;
      /** Only a commit of this branch counts. */
      branch?: string;
      /** Where to look for it when the server does not hand out commits by their hash. */
      refName?: string;
      /** Who keeps the commit: a later one with the same name takes its place in the cache. */
      keptFor?: string;
    };

type CommitTarget = Extract<FetchTarget, { kind: 'commit' }>;

export interface CheckoutOptions extends FetchOptions {
  /** Folders that are written, as `sparsePaths` gives them; empty = all. */
  sparse?: readonly string[];
  recurseSubmodules?: boolean;
  /** Reads the tag too, as it is on the server now. */
  withTag?: boolean;
  /** How deep in submodules this one is. */
  nesting?: number;
}

/** What was checked out. */
export interface CheckedOut {
  commit: Commit;
  /** The tag that the commit was found by, where there is one and it was asked for. */
  tag?: Tag;
}

const maxNesting = 8;

/** Fetches commits and writes their files out. All git work of a GitRepository after the listing is here. */
export class GitClient {
  constructor(
    readonly git: GitCommand,
    readonly cache: RepositoryCache,
    /** Bytes of files that one checkout may write. */
    readonly maxBytes: number,
  ) {}

  /** Fetches the target if need be and writes its files into `folder`. Says what it turned out to be. */
  async checkout(
    remote: GitRemote,
    target: FetchTarget,
    folder: string,
    options: CheckoutOptions,
  ): Promise<CheckedOut> {
    const { timeoutMs, signal, sparse = [], recurseSubmodules, withTag } = options;
    const limits = { timeoutMs, ...(signal ? { signal } : {}) };
    const tagName = withTag ? tagNameOf(target) : undefined;
    const found = await this.#withCommit(
      remote,
      target,
      { ...limits, always: tagName !== undefined },
      async (gitDir, hash) => {
        await exportTree(this.git, gitDir, hash, folder, { ...limits, sparse, maxBytes: this.maxBytes });
        const commit = await readCommit(this.git, gitDir, hash, limits);
        const modules = recurseSubmodules ? await listSubmodules(this.git, gitDir, hash, limits) : [];
        if (tagName === undefined || target.kind !== 'ref') return { commit, modules };
        const tag = await readTag(this.git, gitDir, localRef(target.refName), tagName, limits);
        return { commit, modules, tag };
      },
    );
    const { modules, ...checkedOut } = found;
    await this.#checkoutSubmodules(remote, modules, folder, { ...options, sparse });
    return checkedOut;
  }

  /** Submodules are repositories like any other, each with its own cache. */
  async #checkoutSubmodules(
    remote: GitRemote,
    modules: readonly Submodule[],
    folder: string,
    options: CheckoutOptions & { sparse: readonly string[] },
  ): Promise<void> {
    const { sparse, nesting = 0, withTag: _, ...rest } = options;
    for (const module of modules) {
      const isInside = sparse.some((kept) => kept.startsWith(`${module.path}/`));
      if (!isInside && !isSparsePath(sparse, module.path)) continue;
      if (nesting >= maxNesting)
        throw new GitError('refused', `submodules are nested more than ${maxNesting} deep`);
      const target = { kind: 'commit' as const, commit: module.commit };
      const into = path.join(folder, module.path);
      try {
        await this.checkout(submoduleRemote(remote, module), target, into, {
          ...rest,
          sparse: [],
          nesting: nesting + 1,
        });
      } catch (error) {
        if (!(error instanceof GitError) || error.failure === 'cancelled') throw error;
        const said = error.message.startsWith('submodule')
          ? error.message
          : `submodule '${module.path}': ${error.message}`;
        throw new GitError(error.failure, said, error);
      }
    }
  }

  /** Fetches the target if need be and gives its commit, without its files. */
  commitOf(remote: GitRemote, target: FetchTarget, options: FetchOptions): Promise<Commit> {
    return this.#withCommit(remote, target, options, (gitDir, hash) =>
      readCommit(this.git, gitDir, hash, options),
    );
  }

  #withCommit<T>(
    remote: GitRemote,
    target: FetchTarget,
    options: FetchOptions & { always?: boolean },
    work: (gitDir: string, hash: string) => Promise<T>,
  ): Promise<T> {
    if (target.kind === 'commit') return this.#withCommitByHash(remote, target, options, work);
    const kind = { depth: 'shallow' as const, hashLength: target.expected.length };
    return this.cache.use(remote, kind, options.signal, async (repository) => {
      const fetch = { ...options, depth: 1 };
      const hash = await this.cache.fetchRef(repository, target.refName, target.expected, fetch);
      if (target.isExact && hash !== target.expected) throw movedMeanwhile(target.refName);
      return work(repository.gitDir, hash);
    });
  }

  async #withCommitByHash<T>(
    remote: GitRemote,
    target: CommitTarget,
    options: FetchOptions,
    work: (gitDir: string, hash: string) => Promise<T>,
  ): Promise<T> {
    if (!isCommitHash(target.commit)) throw commitNotFound(target.commit);
    if (!target.branch) {
      const found = await this.#withLooseCommit(remote, target, options, work);
      if (found) return found.result;
    }
    return this.#withCommitOfHistory(remote, target, options, work);
  }

  /** Most servers hand out any commit by its hash; undefined when this one refuses. */
  async #withLooseCommit<T>(
    remote: GitRemote,
    { commit, keptFor }: CommitTarget,
    options: FetchOptions,
    work: (gitDir: string, hash: string) => Promise<T>,
  ): Promise<{ result: T } | undefined> {
    const keep = keptFor === undefined ? {} : { as: `kept for ${keptFor}` };
    const kind = { depth: 'shallow' as const, hashLength: commit.length };
    return this.cache.use(remote, kind, options.signal, async (repository) => {
      try {
        await this.cache.fetchRef(repository, commit, commit, { ...options, ...keep, depth: 1 });
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
    target: CommitTarget,
    options: FetchOptions,
    work: (gitDir: string, hash: string) => Promise<T>,
  ): Promise<T> {
    const { commit, branch } = target;
    const refName = branch ? `refs/heads/${branch}` : target.refName;
    const kind = { depth: 'full' as const, hashLength: commit.length };
    return this.cache.use(remote, kind, options.signal, async (repository) => {
      const { gitDir } = repository;
      const tip = refName ? await this.cache.fetchRef(repository, refName, undefined, options) : undefined;
      if (!refName) await this.cache.fetchBranches(repository, options);
      const held = await this.cache.resolve(gitDir, commit, options);
      if (!held || (tip && !(await isAncestor(this.git, gitDir, commit, tip, options))))
        throw commitNotFound(commit);
      return work(gitDir, commit);
    });
  }
}

function tagNameOf(target: FetchTarget): string | undefined {
  const prefix = 'refs/tags/';
  return target.kind === 'ref' && target.refName.startsWith(prefix)
    ? target.refName.slice(prefix.length)
    : undefined;
}

function movedMeanwhile(refName: string): GitError {
  return new GitError('missing-ref', `ref "${refName}" has moved since it was listed`);
}

function commitNotFound(commit: string): GitError {
  return new GitError('missing-ref', `unable to resolve commit object for '${commit}': object not found`);
}
