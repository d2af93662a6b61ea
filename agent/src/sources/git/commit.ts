import type { GitCommand } from './git-command.js';

/** What the reconciler has to know of a commit. */
export interface Commit {
  hash: string;
  message: string;
  /** `Name <email>`; empty where the commit names none. */
  author: string;
  /** Seconds since the epoch. */
  committedAt: number;
  /** The commit object. */
  encoded: Buffer;
}

/** Reads a commit that is in the repository. @throws GitError */
export async function readCommit(
  git: GitCommand,
  gitDir: string,
  hash: string,
  options: { timeoutMs: number; signal?: AbortSignal },
): Promise<Commit> {
  const { stdout } = await git(['--git-dir', gitDir, 'cat-file', 'commit', hash], options);
  return parseCommit(hash, stdout);
}

/** Reads a commit object: headers, an empty line, the message. */
export function parseCommit(hash: string, encoded: Buffer): Commit {
  const text = encoded.toString('utf8');
  const end = text.indexOf('\n\n');
  const headers = end < 0 ? text : text.slice(0, end);
  const committer = /^committer .* (-?\d+) [+-]\d+$/m.exec(headers);
  const committedAt = Number(committer?.[1] ?? 0);
  const author = /^author (.*) -?\d+ [+-]\d+$/m.exec(headers)?.[1] ?? '';
  return { hash, message: end < 0 ? '' : text.slice(end + 2), author, committedAt, encoded };
}

/** First line of the message, at most 50 characters and then `...` (flux-compat 2.2). */
export function shortMessage(commit: Commit): string {
  // Code points, as Go counts runes.
  const subject = Array.from(commit.message.split('\n', 1)[0] ?? '');
  return subject.length > 50 ? `${subject.slice(0, 50).join('')}...` : subject.join('');
}
