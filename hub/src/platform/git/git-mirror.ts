import { mkdir } from 'node:fs/promises';
import { GitError } from './git-error.js';
import { runGit } from './run-git.js';
import type { GitCommand, GitRemote } from './run-git.js';

/** A file at a commit. */
export interface GitFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: string;
}

const objectId = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;
/** Commits of a branch that are fetched at first; more when an older one is asked about. */
const firstDepth = 100;
const mostCommits = 1_000;
/** How far back a trailer is looked for. */
const trailerDepth = 500;
const fetchTimeoutMs = 120_000;
const mostFiles = 2_000;

/** What the hub knows of one repository: a bare cache that can be thrown away. One command at a time. */
export class GitMirror {
  private turn: Promise<unknown> = Promise.resolve();
  private ready = false;

  constructor(
    private readonly folder: string,
    readonly remote: GitRemote,
    /** The files of the newest commit, or commits without files. */
    readonly holds: 'files' | 'commits',
    /** Is asked each time before git talks to the server. @throws GitError: it may not */
    private readonly permit: () => Promise<void> = () => Promise.resolve(),
  ) {}

  /** The commit where a branch is now; one request, nothing is fetched. @throws GitError */
  async tip(branch: string): Promise<string> {
    await this.permit();
    const output = await runGit({
      args: ['ls-remote', '--', this.remote.url, `refs/heads/${branch}`],
      remote: this.remote,
    });
    const [commit = ''] = output.toString('utf8').split(/\s/);
    if (objectId.test(commit)) return commit;
    throw new GitError('not-found', `${this.remote.url}: there is no branch ${branch}`);
  }

  /** The text files below `path` ("" for all) whose names pass, at the tip of a branch. @throws GitError */
  async read(
    branch: string,
    path: string,
    wanted: (path: string) => boolean,
  ): Promise<{ readonly commit: string; readonly files: readonly GitFile[] }> {
    return this.alone(async () => {
      const commit = await this.fetch(branch, ['--depth=1']);
      const listed = await this.git([
        'ls-tree',
        '-r',
        '-z',
        '--full-tree',
        commit,
        ...(path ? ['--', path] : []),
      ]);
      const files = listed
        .toString('utf8')
        .split('\0')
        .flatMap((line) => {
          const [, mode, id, name] = /^(\d+) blob ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
          // Symbolic links have mode 120000: they lead who knows where.
          return mode?.startsWith('100') && id && name && wanted(name) ? [{ id, path: name }] : [];
        });
      if (files.length > mostFiles)
        throw new GitError(
          'output-limit',
          `${this.remote.url}: more than ${mostFiles} files in ${path || '/'}`,
        );
      return { commit, files: await this.contents(files) };
    });
  }

  /**
   * Who wrote what a commit has and an older one has not, co-authors too: `Name <email>`, each once. Without an
   * older one, or with one that the branch does not have any more, who wrote the commit itself. @throws GitError
   */
  async authors(branch: string, commit: string, since: string | null): Promise<readonly string[]> {
    return this.alone(async () => {
      await this.fetchRange(branch, commit, since);
      const known = since !== null && since !== commit && (await this.has(since));
      const range = known ? [`--max-count=${mostCommits}`, commit, `^${since}`] : ['--max-count=1', commit];
      const format = '--format=%an <%ae>%n%(trailers:key=Co-authored-by,valueonly)';
      const output = await this.git(['log', format, ...range, '--']);
      const lines = output.toString('utf8').split('\n');
      return [...new Set(lines.map((line) => line.trim()).filter((line) => /^.+ <[^<>]+>$/.test(line)))];
    });
  }

  /**
   * What a commit has and an older one has not, parents first, with the promotions that their trailers name. Nothing
   * when the branch does not have the older one, or has got too much since. @throws GitError
   */
  async commitsSince(
    branch: string,
    commit: string,
    since: string,
    trailer: string,
  ): Promise<
    readonly {
      readonly id: string;
      readonly parents: readonly string[];
      readonly promotions: readonly string[];
    }[]
  > {
    return this.alone(async () => {
      await this.fetchRange(branch, commit, since);
      if (!(await this.isAncestor(since, commit))) return [];
      const values = `%(trailers:key=${trailer},valueonly=true,separator=%x00)`;
      const range = [`--max-count=${mostCommits + 1}`, commit, `^${since}`, '--'];
      const log = await this.git(['log', '--topo-order', `--format=%H%x00%P%x00${values}`, ...range]);
      const lines = log.toString('utf8').split('\n').filter(Boolean);
      if (lines.length > mostCommits) return [];
      return lines.toReversed().map((line) => {
        const [id = '', parents = '', ...promotions] = line.split('\0');
        return { id, parents: parents.split(' ').filter(Boolean), promotions: promotions.filter(Boolean) };
      });
    });
  }

  /** The newest commit of a branch with a trailer of this value, among the last ones; null: none. @throws GitError */
  async findTrailer(
    branch: string,
    [key, value]: readonly [string, string],
    signal: AbortSignal,
  ): Promise<string | null> {
    return this.alone(async () => {
      const tip = await this.fetch(branch, [`--depth=${trailerDepth}`, '--filter=tree:0'], signal);
      const format = `--format=%H%x00%(trailers:key=${key},valueonly=true,separator=%x00)`;
      const log = await this.git(['log', `--max-count=${trailerDepth}`, format, tip, '--']);
      const lines = log.toString('utf8').split('\n');
      const found = lines.map((line) => line.split('\0')).find(([, ...values]) => values.includes(value));
      return found?.[0] ?? null;
    });
  }

  /** Has a commit, and what lies between it and an older one. @throws GitError: it is not on the branch */
  private async fetchRange(branch: string, commit: string, since: string | null): Promise<void> {
    if (!(await this.has(commit))) await this.fetch(branch, [`--depth=${firstDepth}`, '--filter=tree:0']);
    if (!(await this.has(commit)))
      throw new GitError('not-found', `${this.remote.url}: commit ${commit} is not on branch ${branch}`);
    if (since !== null && since !== commit && !(await this.isAncestor(since, commit)))
      await this.fetch(branch, ['--unshallow', '--filter=tree:0']).catch(() => undefined);
  }

  private async fetch(branch: string, options: readonly string[], signal?: AbortSignal): Promise<string> {
    await this.permit();
    await this.open();
    await this.git(
      [
        'fetch',
        '--no-tags',
        '--force',
        ...options,
        '--',
        'origin',
        `+refs/heads/${branch}:refs/flotilla/${branch}`,
      ],
      { remote: this.remote, timeoutMs: fetchTimeoutMs, signal },
    );
    return (await this.git(['rev-parse', '--verify', `refs/flotilla/${branch}^{commit}`]))
      .toString('utf8')
      .trim();
  }

  private async open(): Promise<void> {
    if (this.ready) return;
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await this.git(['init', '--quiet', '--bare', '.']);
    const partial = this.holds === 'commits';
    const settings: [string, string][] = [
      ['remote.origin.url', this.remote.url],
      ...(partial ? ([['remote.origin.promisor', 'true']] as [string, string][]) : []),
    ];
    for (const setting of settings) await this.git(['config', ...setting]);
    this.ready = true;
  }

  private async has(commit: string): Promise<boolean> {
    if (!this.ready || !objectId.test(commit)) return false;
    return this.git(['cat-file', '-e', `${commit}^{commit}`]).then(
      () => true,
      () => false,
    );
  }

  private async isAncestor(older: string, newer: string): Promise<boolean> {
    if (!(await this.has(older))) return false;
    return this.git(['merge-base', '--is-ancestor', older, newer]).then(
      () => true,
      () => false,
    );
  }

  private async contents(files: readonly { id: string; path: string }[]): Promise<readonly GitFile[]> {
    if (files.length === 0) return [];
    const output = await this.git(['cat-file', '--batch'], {
      stdin: files.map(({ id }) => `${id}\n`).join(''),
    });
    let at = 0;
    return files.map(({ path }) => {
      const lineEnd = output.indexOf(0x0a, at);
      const size = Number(output.toString('utf8', at, lineEnd).split(' ')[2]);
      const text = output.toString('utf8', lineEnd + 1, lineEnd + 1 + size);
      at = lineEnd + size + 2;
      return { path, text };
    });
  }

  private git(args: readonly string[], more: Omit<GitCommand, 'args' | 'cwd'> = {}): Promise<Buffer> {
    return runGit({ args, cwd: this.folder, ...more });
  }

  private alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => undefined);
    return result;
  }
}
