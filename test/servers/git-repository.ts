// A working copy that tests write commits with. Authors, dates and configuration are fixed, so that the same
// contents always give the same commit, whatever the user's own git is set to.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { toolOutput } from './tool.js';

/** Path -> text; `null` removes the file. */
export type FileChanges = Readonly<Record<string, string | null>>;

export interface GitRepository {
  /** Folder of the working copy. */
  readonly folder: string;
  /** Writes the files, commits and pushes the branch; returns the commit's id. */
  commit(files: FileChanges, message?: string): Promise<string>;
  /** Tags the current commit (annotated when there is a message) and pushes the tag. */
  tag(name: string, message?: string): Promise<string>;
  /** Switches to a branch, made from the current commit when it is new. */
  branch(name: string): Promise<void>;
  /** Replaces the current branch's history: goes back to `revision`, commits `files` there and pushes by force. */
  forcePush(revision: string, files: FileChanges, message?: string): Promise<string>;
  head(): Promise<string>;
  /** Runs any git command in the working copy; returns its output, trimmed. */
  git(...args: readonly string[]): Promise<string>;
}

/** Environment that keeps git away from the user's and the machine's configuration, and from a terminal. */
export const isolatedGitEnv: NodeJS.ProcessEnv = {
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'Test',
  GIT_AUTHOR_EMAIL: 'test@example.test',
  GIT_COMMITTER_NAME: 'Test',
  GIT_COMMITTER_EMAIL: 'test@example.test',
};

/** Makes a working copy in `folder` whose pushes go to `remote` (a bare repository's folder or URL). */
export async function createWorkingCopy(
  folder: string,
  remote: string,
  branch = 'main',
): Promise<GitRepository> {
  mkdirSync(folder, { recursive: true });
  let clock = Date.UTC(2026, 0, 1) / 1000;
  const run = async (env: NodeJS.ProcessEnv, args: readonly string[]) =>
    (await toolOutput('git', args, { cwd: folder, env: { ...isolatedGitEnv, ...env } })).trim();
  const git: GitRepository['git'] = (...args) => run({}, args);
  const dated = (...args: readonly string[]) => {
    const date = `${(clock += 60)} +0000`;
    return run({ GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date }, args);
  };
  const record = async (files: FileChanges, message: string) => {
    writeFiles(folder, files);
    await git('add', '--all');
    await dated('commit', '--quiet', '--allow-empty', '--message', message);
    return git('rev-parse', 'HEAD');
  };
  await git('init', '--quiet', `--initial-branch=${branch}`);
  await git('remote', 'add', 'origin', remote);
  return {
    folder,
    git,
    head: () => git('rev-parse', 'HEAD'),
    async commit(files, message = 'change') {
      const id = await record(files, message);
      await git('push', '--quiet', 'origin', 'HEAD');
      return id;
    },
    async tag(name, message) {
      await dated('tag', ...(message === undefined ? [] : ['--annotate', '--message', message]), name);
      await git('push', '--quiet', 'origin', `refs/tags/${name}`);
      return git('rev-parse', 'HEAD');
    },
    async branch(name) {
      await git('switch', '--quiet', '--force-create', name);
    },
    async forcePush(revision, files, message = 'rewritten') {
      await git('reset', '--quiet', '--hard', revision);
      const id = await record(files, message);
      await git('push', '--quiet', '--force', 'origin', 'HEAD');
      return id;
    },
  };
}

function writeFiles(folder: string, files: FileChanges): void {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    if (text === null) {
      rmSync(path, { recursive: true, force: true });
      continue;
    }
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}
