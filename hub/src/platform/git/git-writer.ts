import { mkdir, rm } from 'node:fs/promises';
import { GitError } from './git-error.js';
import { runGit } from './run-git.js';
import type { GitCommand, GitRemote } from './run-git.js';

/** A file, symbolic link or submodule of a commit. */
export interface GitEntry {
  readonly path: string;
  readonly mode: string;
  readonly id: string;
}

/** A commit that is to be made out of another one. */
export interface NewCommit {
  readonly base: string;
  readonly removed: readonly string[];
  readonly written: readonly {
    readonly path: string;
    readonly mode: string;
    readonly content: { readonly id: string } | { readonly text: string };
  }[];
  readonly message: string;
  /** `Name <email>` */
  readonly author: string;
}

/** A server that says nothing for a minute is gone; one that works says so every few seconds. */
const givingUp = ['-c', 'http.lowSpeedLimit=1', '-c', 'http.lowSpeedTime=60'];
const shallowFetch = ['fetch', '--quiet', '--no-tags', '--force', '--depth=1'];
const push = ['push', '--quiet', '--no-verify', '--no-signed'];
const transferTimeoutMs = 300_000;
/** Caches only grow; after so many commits one is begun anew. */
const mostUses = 200;

/**
 * Makes commits for one repository out of Git's own objects: nothing is ever checked out, so no link, filter, hook or
 * attribute of the repository can do anything. One at a time.
 */
export class GitWriter {
  private turn: Promise<unknown> = Promise.resolve();
  private uses = 0;

  constructor(
    private readonly folder: string,
    private readonly remote: GitRemote,
  ) {}

  /** Has the cache for itself; a cache in which something went wrong is thrown away. @throws GitError */
  alone<Result>(signal: AbortSignal, work: (git: GitWriting) => Promise<Result>): Promise<Result> {
    const result = this.turn.then(async () => {
      signal.throwIfAborted();
      try {
        await this.open(signal);
        return await work(new GitWriting(this.folder, this.remote, signal));
      } catch (error) {
        await this.discard();
        throw error;
      }
    });
    this.turn = result.catch(() => undefined);
    return result;
  }

  private async open(signal: AbortSignal): Promise<void> {
    if (this.uses >= mostUses) await this.discard();
    this.uses += 1;
    if (this.uses > 1) return;
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await runGit({ args: ['init', '--quiet', '--bare', '.'], cwd: this.folder, signal });
  }

  private async discard(): Promise<void> {
    this.uses = 0;
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** What can be done with the cache while one has it. */
export class GitWriting {
  constructor(
    private readonly folder: string,
    private readonly remote: GitRemote,
    private readonly signal: AbortSignal,
  ) {}

  /** Fetches the newest commit of a branch. @throws GitError: not-found */
  async tip(branch: string): Promise<string> {
    const commit = await this.remoteTip(branch);
    if (commit === null) throw new GitError('not-found', `${this.remote.url}: there is no branch ${branch}`);
    // What the branch has by now; it may have moved on since it was looked at.
    const local = `refs/flotilla/${branch}`;
    await this.transfer(shallowFetch, `+refs/heads/${branch}:${local}`);
    return (await this.text(['rev-parse', '--verify', `${local}^{commit}`])).trim();
  }

  /** Fetches one commit. @throws GitError */
  async fetchCommit(commit: string): Promise<void> {
    await this.transfer(shallowFetch, commit);
  }

  /** Everything in a commit but folders. @throws GitError */
  async entries(commit: string): Promise<readonly GitEntry[]> {
    const listed = await this.text(['ls-tree', '-r', '-z', '--full-tree', commit]);
    return listed.split('\0').flatMap((line) => {
      const [, mode, id, path] = /^(\d+) \w+ ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
      return mode && id && path ? [{ mode, id, path }] : [];
    });
  }

  read(id: string): Promise<Buffer> {
    return this.git({ args: ['cat-file', 'blob', id] });
  }

  /** Makes a commit; null: nothing would be different. @throws GitError */
  async commit({ base, removed, written, message, author }: NewCommit): Promise<string | null> {
    await this.git({ args: ['read-tree', base] });
    const lines = removed.map((path) => `0 ${'0'.repeat(base.length)}\t${path}\0`);
    for (const { path, mode, content } of written) {
      const id = 'id' in content ? content.id : await this.writeBlob(content.text);
      lines.push(`${mode} ${id}\t${path}\0`);
    }
    await this.git({ args: ['update-index', '-z', '--index-info'], stdin: lines.join('') });
    const tree = (await this.text(['write-tree'])).trim();
    if (tree === (await this.text(['rev-parse', '--verify', `${base}^{tree}`])).trim()) return null;
    const [, name = '', email = ''] = /^(.*) <(.*)>$/.exec(author) ?? [];
    const who = ['-c', `user.name=${name}`, '-c', `user.email=${email}`];
    const made = await this.git({
      args: [...who, 'commit-tree', '--no-gpg-sign', '-p', base, '-F', '-', tree],
      stdin: message,
    });
    return made.toString('utf8').trim();
  }

  /**
   * Pushes a commit that was made out of `base`. `moved`: the branch is somewhere else by now, somebody was faster.
   * @throws GitError: the server refuses, or is not there
   */
  async push(commit: string, branch: string, base: string): Promise<'pushed' | 'moved'> {
    try {
      await this.transfer(push, `${commit}:refs/heads/${branch}`);
      return 'pushed';
    } catch (error) {
      if (!(error instanceof GitError) || error.failure !== 'failed') throw error;
      const now = await this.remoteTip(branch).catch(() => base);
      // The answer may have been lost on its way.
      if (now === commit) return 'pushed';
      if (now !== base) return 'moved';
      throw error;
    }
  }

  /** Puts a branch that belongs to the hub at a commit, wherever it was. @throws GitError */
  async replaceBranch(branch: string, commit: string): Promise<void> {
    await this.transfer([...push, '--force'], `${commit}:refs/heads/${branch}`);
  }

  /** Deletes a branch, unless it is gone. @throws GitError */
  async deleteBranch(branch: string): Promise<void> {
    if ((await this.remoteTip(branch)) === null) return;
    await this.transfer(push, `:refs/heads/${branch}`);
  }

  private async remoteTip(branch: string): Promise<string | null> {
    const output = await this.git({
      args: ['ls-remote', '--', this.remote.url, `refs/heads/${branch}`],
      remote: this.remote,
    });
    return /^[0-9a-f]{40,64}/.exec(output.toString('utf8'))?.[0] ?? null;
  }

  private async writeBlob(text: string): Promise<string> {
    const written = await this.git({ args: ['hash-object', '-w', '--stdin'], stdin: text });
    return written.toString('utf8').trim();
  }

  private async transfer(args: readonly string[], ref: string): Promise<void> {
    await this.git({
      args: [...givingUp, ...args, '--', this.remote.url, ref],
      remote: this.remote,
      timeoutMs: transferTimeoutMs,
    });
  }

  private async text(args: readonly string[]): Promise<string> {
    return (await this.git({ args })).toString('utf8');
  }

  private git(command: Omit<GitCommand, 'cwd' | 'signal'>): Promise<Buffer> {
    return runGit({ ...command, cwd: this.folder, signal: this.signal });
  }
}
