import type { GitCommand } from './git-command.js';

/** A tag that a commit was found by. */
export interface Tag {
  name: string;
  /** Of the tag object; of the commit where the tag is only a name. */
  hash: string;
  /** The tag object; absent where the tag is only a name. */
  encoded?: Buffer;
}

/** Reads the tag that a local ref holds. @throws GitError */
export async function readTag(
  git: GitCommand,
  gitDir: string,
  ref: string,
  name: string,
  options: { timeoutMs: number; signal?: AbortSignal },
): Promise<Tag> {
  const run = (...args: string[]): Promise<Buffer> =>
    git(['--git-dir', gitDir, ...args], options).then(({ stdout }) => stdout);
  const listed = (await run('for-each-ref', '--format=%(objecttype) %(objectname)', ref)).toString('utf8');
  const [type, hash = ''] = listed.trim().split(' ');
  return type === 'tag' ? { name, hash, encoded: await run('cat-file', 'tag', hash) } : { name, hash };
}
