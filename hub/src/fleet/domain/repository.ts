/** The address of a repository without what differs between two ways to reach it: scheme, user, port of the scheme, `.git`. */
export function repositoryOf(url: string): string {
  const scp = /^(?:[^@/:]+@)?([^@/:]+):(?!\/)(.+)$/.exec(url);
  const plain =
    scp && !url.includes('://')
      ? `${scp[1]}/${scp[2]}`
      : url.replace(/^[a-z][a-z0-9+.-]*:\/\/(?:[^@/]*@)?/i, '');
  return plain
    .replace(/^([^/]+):(?:22|80|443)(?=\/)/, '$1')
    .replace(/(?:\.git)?\/*$/, '')
    .toLowerCase();
}
