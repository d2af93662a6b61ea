/**
 * True when kustomize fetches this file from a web server: it does so wherever it reads a file, and before it looks
 * at the disk.
 */
export function isWebReference(value: string): boolean {
  return /^https?:/i.test(value) && !hasLineEnd(value);
}

/**
 * True when kustomize takes this for a Git repository with a folder in it, as it does before it looks for a folder
 * on the disk: `https://host/org/repo//path?ref=v1`, `git@host:org/repo`, `github.com/org/repo/path`.
 */
export function isGitReference(value: string): boolean {
  const address = addressOf(value);
  return address !== undefined && leadsIntoRepository(address.path, address.scheme === 'file');
}

/** True when kustomize, of this version or another, may look for this on the network if no local file has that name. */
export function isRemoteReference(value: string): boolean {
  if (hasLineEnd(value)) return false;
  if (knownHost.test(value) || scpLike.test(value)) return true;
  // `git::https://…`, `https://…`, `ssh://…`, `gh:org/repo`; a Windows drive letter is no scheme.
  const found = anyScheme.exec(value);
  if (found && found[0].length > 2)
    return found[0].endsWith('//') || found[0].endsWith('::') || /^gh:/i.test(value);
  return /\.git([/?]|$)/.test(value) || /[?&]ref=/.test(value) || value.includes('_git/');
}

/**
 * Why a build cannot fetch this although remote bases are allowed; undefined where it can. Builds have no key for
 * SSH, and the disk of the agent holds what belongs to others.
 */
export function unfetchable(value: string): string | undefined {
  const scheme = addressOf(value)?.scheme;
  if (scheme === 'ssh' || (scpLike.test(value) && !isWebReference(value)))
    return 'is reached over SSH, for which a build has no key; use https';
  return scheme === 'file' ? 'is on the disk of the agent' : undefined;
}

/** Passwords in the address: they must not get into messages. */
export function secretsOf(value: string): string[] {
  const user = /^(?:git::)?https?:\/\/([^/@]*)@/i.exec(value)?.[1];
  if (!user) return [];
  const colon = user.indexOf(':');
  // Some hosts take a token as the user name and no password.
  return [colon < 0 ? user : user.slice(colon + 1)].filter((secret) => secret !== '' && secret !== 'git');
}

/** flux-compat 3.3: components of the spec must be local and relative. */
export function isLocalRelative(value: string): boolean {
  return value !== '' && !value.startsWith('/') && !isRemoteReference(value);
}

const anyScheme = /^[a-z][a-z0-9+.-]*:{1,2}(\/\/)?/i;
const scpLike = /^[\w.-]+@[\w.-]+:/;
const knownHost =
  /^(www\.)?(github\.com|gitlab\.com|bitbucket\.org|dev\.azure\.com|ssh\.dev\.azure\.com)[/:]/i;

interface Address {
  /** Empty for the short forms. */
  scheme: string;
  /** What comes after the host. */
  path: string;
}

function addressOf(value: string): Address | undefined {
  if (value.startsWith('/') || hasLineEnd(value)) return undefined;
  const address = value.split('?', 1)[0]!.replace(/^git::/i, '');
  const [, scheme = '', rest = ''] = /^(ssh|https?|file):\/\/(.*)$/i.exec(address) ?? [];
  return scheme === '' ? shortAddress(address) : longAddress(scheme.toLowerCase(), rest);
}

function longAddress(scheme: string, rest: string): Address | undefined {
  if (scheme === 'file') return { scheme, path: rest };
  const [, path] = /^[^/]+(?:\/(.*))?$/.exec(rest) ?? [];
  return rest === '' || rest.startsWith('/') ? undefined : { scheme, path: path ?? '' };
}

/** `user@host:path`, `user@host/path` and the two of GitHub; with a colon it is SSH. */
function shortAddress(address: string): Address | undefined {
  const isShort = /^[a-z][a-z0-9-]*@/i.test(address) || /^github\.com[/:]/i.test(address);
  const [, end, path = ''] = /^(?:[a-z][a-z0-9-]*@)?[^/:]+([/:])(.*)$/i.exec(address) ?? [];
  return isShort && end !== undefined ? { scheme: end === ':' ? 'ssh' : '', path } : undefined;
}

/** Without a mark where the repository ends, two names are one; and the folder has to stay inside of it. */
function leadsIntoRepository(path: string, isWhole: boolean): boolean {
  const marked =
    /^(.*?_git\/[^/]*)(.*)$/.exec(path) ?? /^(.*?)\/\/(.*)$/.exec(path) ?? /^(.*?\.git)(.*)$/.exec(path);
  const plain = isWhole ? ['', path, ''] : /^([^/]*\/[^/]*)(.*)$/.exec(path);
  const [, repository = '', folder = ''] = marked ?? plain ?? [];
  return repository !== '' && !/^\/?\.\.(\/|$)/.test(normalized(folder));
}

function normalized(folder: string): string {
  const parts: string[] = [];
  for (const part of folder.split('/').filter((name) => name !== '' && name !== '.')) {
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else parts.push(part);
  }
  return parts.join('/');
}

function hasLineEnd(value: string): boolean {
  return value.includes('\n');
}
