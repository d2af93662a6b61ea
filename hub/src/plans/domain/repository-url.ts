/**
 * What is the same for all addresses of one repository: `https://host/a/b.git`, `ssh://git@host/a/b` and
 * `git@host:a/b` are one. Null for a text that is no address.
 */
export function repositoryKey(url: string): string | null {
  const short = /^(?:[^@/\s]+@)?([^:/\s]+):(?!\/\/)([^\s]+)$/.exec(url);
  if (short) return keyOf(short[1]!, short[2]!);
  try {
    const { protocol, host, hostname, pathname } = new URL(url);
    const isHttp = protocol === 'https:' || protocol === 'http:';
    // The port of a web server tells it from another one; that of SSH is a matter of the way there.
    return isHttp || protocol === 'ssh:' ? keyOf(isHttp ? host : hostname, pathname) : null;
  } catch {
    return null;
  }
}

function keyOf(host: string, path: string): string {
  const repository = path
    .replace(/^\/+|\/+$/g, '')
    .replace(/\.git$/, '')
    .toLowerCase();
  return `${host.toLowerCase()}/${repository}`;
}
