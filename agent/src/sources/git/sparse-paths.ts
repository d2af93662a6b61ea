/**
 * The folders of spec.sparseCheckout as git has them: without a leading `./` or a slash at the end. An empty one, `.`
 * or `/` stands for everything (flux-compat 2.3).
 */
export function sparsePaths(directories: readonly string[] | undefined): string[] {
  return (directories ?? []).map((directory) =>
    directory
      .split('/')
      .filter((part) => part !== '' && part !== '.')
      .join('/'),
  );
}

/** True when a path of the repository is checked out; no folders at all stand for everything. */
export function isSparsePath(paths: readonly string[], path: string): boolean {
  return (
    paths.length === 0 || paths.some((kept) => kept === '' || path === kept || path.startsWith(`${kept}/`))
  );
}
