import { ProgramError } from '../../exec/program-error.js';
import { authorizationHeader, type GitRemote } from './credentials.js';
import { GitError } from './git-error.js';

/** What is to be done with a remote, wherever it turns out to be. */
export interface RemoteWork<T> {
  run(remote: GitRemote): Promise<T>;
  /** Asks the remote for its refs and has git tell on stderr what the server answered. */
  trace(remote: GitRemote): Promise<unknown>;
}

/** So many servers are asked in a row. */
const maxRedirects = 5;
/** What git asks first of all; only the same question elsewhere is about the same repository. */
const question = { path: '/info/refs', search: '?service=git-upload-pack' };

/**
 * Runs work on a remote that may redirect. git follows by itself where there is nothing to be lost; credentials it
 * would carry along to wherever the server points, so with them each step is looked at before it is taken.
 * @throws GitError
 */
export async function followRedirects<T>(remote: GitRemote, work: RemoteWork<T>): Promise<T> {
  let current = remote;
  for (let left = maxRedirects; ; left -= 1) {
    try {
      return await work.run(current);
    } catch (error) {
      const isHeld = authorizationHeader(current.credentials) !== undefined;
      if (!isHeld || left === 0 || !isRedirect(error)) throw withReason(error, remote, current);
      current = await nextRemote(current, work);
    }
  }
}

async function nextRemote(remote: GitRemote, work: RemoteWork<unknown>): Promise<GitRemote> {
  const account = await work.trace(remote).then(
    () => '',
    (error: unknown) => stderrOf(error),
  );
  const location = [...account.matchAll(/<= Recv header: location: (\S+)/gi)].at(-1)?.[1];
  // It does not redirect any more.
  if (location === undefined) return remote;
  return redirectedTo(remote, location);
}

/**
 * The remote at the address that its server names. It keeps its credentials on the same server (scheme, host and port)
 * and on the way from HTTP to HTTPS of the same host; anywhere else it goes without.
 * @throws GitError for an address that is not that of a repository, or is less safe
 */
export function redirectedTo(remote: GitRemote, location: string): GitRemote {
  const from = new URL(remote.url);
  const asked = `${remote.url.replace(/\/+$/, '')}${question.path}${question.search}`;
  const url = URL.canParse(location, asked) ? new URL(location, asked) : undefined;
  if (url) [url.username, url.password] = ['', ''];
  const refuse = (why: string): GitError =>
    new GitError(
      'unreachable',
      `the server redirects to ${url ? `'${url.origin}${url.pathname}'` : 'no URL'}: ${why}`,
    );
  if (!url?.pathname.endsWith(question.path) || url.search !== question.search)
    throw refuse('that is no Git repository');
  if (url.protocol !== 'https:' && url.protocol !== from.protocol)
    throw refuse(`that is less safe than ${from.protocol.slice(0, -1)}`);
  const isSafer = url.protocol === 'https:' && from.protocol === 'http:' && url.hostname === from.hostname;
  const { ca, proxy } = remote.credentials;
  const credentials =
    url.origin === from.origin || isSafer
      ? remote.credentials
      : { ...(ca ? { ca } : {}), ...(proxy ? { proxy } : {}) };
  const base = url.pathname.slice(0, -question.path.length);
  return { ...remote, url: `${url.origin}${base}`, credentials };
}

/** Who is refused without credentials has to know why there were none. */
function withReason(error: unknown, remote: GitRemote, current: GitRemote): unknown {
  const isRefused = error instanceof GitError && error.failure === 'authentication';
  const { origin } = new URL(current.url);
  if (!isRefused || current.credentials === remote.credentials || new URL(remote.url).origin === origin)
    return error;
  const why = `the server redirects to '${origin}', and credentials are not sent to another server; name it in spec.url if they are for it`;
  return new GitError('authentication', why, error);
}

function isRedirect(error: unknown): boolean {
  return error instanceof GitError && error.failure === 'redirected';
}

function stderrOf(error: unknown): string {
  const cause = error instanceof GitError ? error.cause : undefined;
  return cause instanceof ProgramError ? cause.stderr : '';
}
