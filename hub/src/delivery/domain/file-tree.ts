import { ChangeError } from './change-error.js';

/** An entry of Git's tree that is no folder: a file, a symbolic link, or a submodule. */
export interface TreeEntry {
  /** `100644`, `100755`, `120000` (symbolic link) or `160000` (submodule). */
  readonly mode: string;
  /** Where it has been written already, its object; else its text. */
  readonly content: { readonly id: string } | { readonly text: string };
}

/** The files of a commit by path. Symbolic links are entries like others: nothing is ever read or written through one. */
export type FileTree = ReadonlyMap<string, TreeEntry>;

/** A path inside the repository, without `.` and slashes around it. @throws ChangeError: leads out of it, or to all */
export function repositoryPath(text: string): string {
  const parts = text
    .replace(/\/+$/, '')
    .split('/')
    .filter((part) => part !== '.');
  const wrong = parts.some(
    (part) => part === '' || part === '..' || /^\.git$/i.test(part) || part.includes('\0'),
  );
  if (parts.length === 0 || wrong) throw new ChangeError(`"${text}" is not a path inside the repository`);
  return parts.join('/');
}

/** A file. @throws ChangeError: not there, or something else */
export function fileAt(tree: FileTree, path: string, where: string): TreeEntry {
  noLinkOnTheWay(tree, path, where);
  const entry = tree.get(path);
  if (entry?.mode.startsWith('100')) return entry;
  if (entry) throw new ChangeError(`${path} in ${where} is a ${kindOf(entry)}, not a file`);
  if (filesBelow(tree, path).length > 0) throw new ChangeError(`${path} in ${where} is a folder, not a file`);
  throw new ChangeError(`there is no file ${path} in ${where}`);
}

/** The paths of everything below a folder. */
export function filesBelow(tree: FileTree, folder: string): readonly string[] {
  return [...tree.keys()].filter((path) => path.startsWith(`${folder}/`));
}

/** A tree in which `to` is the same as `from` is in another one. @throws ChangeError */
export function mirrored(
  tree: FileTree,
  source: FileTree,
  { from, to }: { readonly from: string; readonly to: string },
  where: { readonly source: string; readonly target: string },
): FileTree {
  if (from === to || from.startsWith(`${to}/`) || to.startsWith(`${from}/`))
    throw new ChangeError(`${from} and ${to} hold each other: one cannot become a copy of the other`);
  noLinkOnTheWay(source, from, where.source);
  noLinkOnTheWay(tree, to, where.target);
  const single = source.get(from);
  if (single && !single.mode.startsWith('100'))
    throw new ChangeError(`${from} in ${where.source} is a ${kindOf(single)}, not a file or folder`);
  const below = filesBelow(source, from);
  if (!single && below.length === 0) throw new ChangeError(`there is no ${from} in ${where.source}`);
  const copy = new Map([...tree].filter(([path]) => path !== to && !path.startsWith(`${to}/`)));
  if (single) copy.set(to, single);
  for (const path of below) {
    const entry = source.get(path);
    if (entry) copy.set(`${to}${path.slice(from.length)}`, entry);
  }
  return copy;
}

/** What has to be done to a tree for it to become another one. */
export function treeChanges(
  before: FileTree,
  after: FileTree,
): { readonly removed: readonly string[]; readonly written: readonly (readonly [string, TreeEntry])[] } {
  return {
    removed: [...before.keys()].filter((path) => !after.has(path)),
    written: [...after].filter(([path, entry]) => !isSame(before.get(path), entry)),
  };
}

function isSame(one: TreeEntry | undefined, other: TreeEntry): boolean {
  if (one?.mode !== other.mode) return false;
  return 'id' in one.content && 'id' in other.content
    ? one.content.id === other.content.id
    : one.content === other.content;
}

function noLinkOnTheWay(tree: FileTree, path: string, where: string): void {
  const parts = path.split('/');
  for (let length = 1; length < parts.length; length += 1) {
    const folder = parts.slice(0, length).join('/');
    const entry = tree.get(folder);
    if (entry) throw new ChangeError(`${path}: ${folder} in ${where} is a ${kindOf(entry)}, not a folder`);
  }
}

function kindOf({ mode }: TreeEntry): string {
  if (mode === '120000') return 'symbolic link';
  return mode === '160000' ? 'submodule' : 'file';
}
