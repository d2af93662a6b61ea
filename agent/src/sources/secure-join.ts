import { lstat, readlink } from 'node:fs/promises';
import path from 'node:path';

/** So many symlinks on one way are a loop. */
const maxLinks = 40;

/**
 * The place of a path below `root`, as if root were the root of the file system: neither `..` nor a symlink leads out.
 * What is not there yet is taken as it is written.
 */
export async function secureJoin(root: string, unsafe: string): Promise<string> {
  const rest = unsafe.split('/');
  const done: string[] = [];
  let links = 0;
  while (rest.length > 0) {
    const part = rest.shift()!;
    if (part === '' || part === '.') continue;
    if (part === '..') {
      done.pop();
      continue;
    }
    const target = await linkTarget(path.join(root, ...done, part));
    if (target === undefined) {
      done.push(part);
      continue;
    }
    links += 1;
    if (links > maxLinks) throw new Error(`too many symlinks in path '${unsafe}'`);
    if (target.startsWith('/')) done.length = 0;
    rest.unshift(...target.split('/'));
  }
  return path.join(root, ...done);
}

async function linkTarget(file: string): Promise<string | undefined> {
  const found = await lstat(file).catch(() => undefined);
  return found?.isSymbolicLink() ? readlink(file) : undefined;
}
