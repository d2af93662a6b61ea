/** A repository on a Git server, whatever the way there. */
export interface RepositoryAddress {
  readonly protocol: 'http' | 'ssh';
  /** Without the port for SSH, where it says nothing about the one of HTTPS. */
  readonly host: string;
  /** Without `.git` and slashes around it. */
  readonly path: string;
}

/** Reads `https://host/org/repo.git`, `ssh://git@host:22/org/repo` and `git@host:org/repo`. */
export function readRepositoryAddress(text: string): RepositoryAddress | undefined {
  const [, scpHost, scpPath] = /^(?:[^@/:]+@)?([^@/:]+):(?!\/\/)(.+)$/.exec(text) ?? [];
  if (scpHost !== undefined && scpPath !== undefined) return addressOf('ssh', scpHost, scpPath);
  if (!URL.canParse(text)) return undefined;
  const { protocol, host, hostname, pathname } = new URL(text);
  if (protocol === 'ssh:') return addressOf('ssh', hostname, decoded(pathname));
  return /^https?:$/.test(protocol) ? addressOf('http', host, decoded(pathname)) : undefined;
}

/** Whether two addresses lead to the same repository. Hosts do not tell capitals from small letters in paths. */
export function isSameRepository(one: string, other: string): boolean {
  const [left, right] = [readRepositoryAddress(one), readRepositoryAddress(other)];
  if (!left || !right || left.path.toLowerCase() !== right.path.toLowerCase()) return false;
  if (left.protocol === right.protocol) return left.host === right.host;
  return left.host.replace(/:\d+$/, '') === right.host.replace(/:\d+$/, '');
}

function addressOf(
  protocol: RepositoryAddress['protocol'],
  host: string,
  path: string,
): RepositoryAddress | undefined {
  const bare = trimmed(path);
  return bare === '' ? undefined : { protocol, host: host.toLowerCase(), path: bare };
}

function trimmed(path: string): string {
  return path
    .replace(/^\/+|\/+$/g, '')
    .replace(/\.git$/i, '')
    .replace(/\/+$/, '');
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
