import type { GitRemote } from './credentials.js';
import type { GitCommand } from './git-command.js';

/** What a remote offers, as far as it was asked. */
export interface RemoteRefs {
  /** Full ref name -> hash of the commit; an annotated tag is already peeled. */
  commits: ReadonlyMap<string, string>;
}

/** Branches and tags together, or one ref by its full name (a server may have very many others). */
export type RefScope = { kind: 'branches-and-tags' } | { kind: 'ref'; name: string };

/** The scope in which a full ref name is found. */
export function scopeOf(refName: string): RefScope {
  const listed = refName.startsWith('refs/heads/') || refName.startsWith('refs/tags/');
  return listed ? { kind: 'branches-and-tags' } : { kind: 'ref', name: refName };
}

/** Asks the remote with `git ls-remote`. An empty repository gives an empty list. @throws GitError */
export async function listRemoteRefs(
  git: GitCommand,
  remote: GitRemote,
  scope: RefScope,
  options: { timeoutMs: number; signal?: AbortSignal },
): Promise<RemoteRefs> {
  const what = scope.kind === 'ref' ? [] : ['--heads', '--tags'];
  const patterns = scope.kind === 'ref' ? [scope.name, `${scope.name}^{}`] : [];
  const { stdout } = await git(['ls-remote', '--quiet', ...what, '--', remote.url, ...patterns], {
    ...options,
    remote,
  });
  return { commits: parseListing(stdout.toString('utf8')) };
}

/** Reads lines of `<hash>\t<ref>`. The line `<ref>^{}` carries the commit of an annotated tag and wins. */
export function parseListing(text: string): Map<string, string> {
  const commits = new Map<string, string>();
  const peeled = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^([0-9a-f]{40}|[0-9a-f]{64})\t(.+)$/.exec(line);
    if (!match?.[1] || !match[2]) continue;
    const [, hash, name] = match;
    if (name.endsWith('^{}')) peeled.set(name.slice(0, -3), hash);
    else commits.set(name, hash);
  }
  for (const [name, hash] of peeled) commits.set(name, hash);
  return commits;
}
