import type { GitRemote } from './credentials.js';
import type { GitCommand } from './git-command.js';
import { type CachedRepository, type FetchOptions, type RepositoryCache } from './repository-cache.js';

/** Whether `tip` leads to `commit`; both are in the repository. @throws GitError */
export async function isAncestor(
  git: GitCommand,
  gitDir: string,
  commit: string,
  tip: string,
  options: FetchOptions,
): Promise<boolean> {
  const args = ['--git-dir', gitDir, 'rev-list', '--max-count=1', commit, `^${tip}`];
  // What the tip does not reach would be listed.
  return (await git(args, options)).stdout.length === 0;
}

export interface AncestryQuestion {
  commit: string;
  /** The ref, and where it points to now. */
  refName: string;
  tip: string;
}

/** How far back it is looked before the whole history is fetched: a pin is seldom far behind. */
const depths = [100, 5_000, 2_147_483_647] as const;
const keptAnswers = 4_096;

/**
 * Answers whether a commit is in the history of a ref. Commits are fetched without their files, only as many as are
 * needed; a positive answer never changes for the same tip, and a negative one is given on the whole history only, so
 * each is asked for once.
 */
export class Ancestry {
  readonly #answers = new Map<string, boolean>();

  constructor(
    readonly git: GitCommand,
    readonly cache: RepositoryCache,
  ) {}

  /** @throws GitError */
  async leadsTo(remote: GitRemote, question: AncestryQuestion, options: FetchOptions): Promise<boolean> {
    const { commit, refName, tip } = question;
    const key = `${remote.key} ${tip} ${commit}`;
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    if (commit.length !== tip.length) return false;
    const kind = { depth: 'history' as const, hashLength: tip.length };
    const answer = await this.cache.use(remote, kind, options.signal, async (repository) => {
      if (await this.#reaches(repository, commit, tip, options)) return { tip, leads: true };
      return this.#fetchAndLook(repository, commit, refName, options);
    });
    // The ref may have moved since it was listed; then the answer is about where it is now.
    this.#remember(`${remote.key} ${answer.tip} ${commit}`, answer.leads);
    return answer.leads;
  }

  async #fetchAndLook(
    repository: CachedRepository,
    commit: string,
    refName: string,
    options: FetchOptions,
  ): Promise<{ tip: string; leads: boolean }> {
    let tip = '';
    for (const depth of depths) {
      const fetch = { ...options, depth, commitsOnly: true, always: true };
      tip = await this.cache.fetchRef(repository, refName, undefined, fetch);
      if (await this.#reaches(repository, commit, tip, options)) return { tip, leads: true };
      if (!(await this.#isCutOff(repository, options))) break;
    }
    return { tip, leads: false };
  }

  /** Whether what is there already shows that the tip leads to the commit. */
  async #reaches(
    { gitDir }: CachedRepository,
    commit: string,
    tip: string,
    options: FetchOptions,
  ): Promise<boolean> {
    for (const hash of [tip, commit]) if (!(await this.cache.resolve(gitDir, hash, options))) return false;
    return isAncestor(this.git, gitDir, commit, tip, options);
  }

  async #isCutOff({ gitDir }: CachedRepository, options: FetchOptions): Promise<boolean> {
    const { stdout } = await this.git(['--git-dir', gitDir, 'rev-parse', '--is-shallow-repository'], options);
    return stdout.toString('utf8').trim() === 'true';
  }

  #remember(key: string, answer: boolean): void {
    this.#answers.delete(key);
    this.#answers.set(key, answer);
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > keptAnswers && oldest !== undefined) this.#answers.delete(oldest);
  }
}
