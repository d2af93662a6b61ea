import { lstat, readdir } from 'node:fs/promises';

/** A file or folder that goes into an archive. */
export interface ArchiveEntry {
  /** Relative, `/` separated; `.` is the root. What is no UTF-8 in a name is replaced. */
  path: string;
  /** As it is on disk, where a name may be any bytes. */
  absolute: string | Buffer;
  type: 'file' | 'directory';
  executable: boolean;
  size: number;
}

export type Excluded = (path: string, isDirectory: boolean) => boolean;

/**
 * Walks a folder in lexical (byte) order, as flux-compat 2.1 archives it. Symlinks and other types are left out.
 * An excluded folder is still entered: its files are judged one by one (flux-compat 2.3).
 */
export async function* archiveEntries(
  root: string,
  excluded: Excluded = () => false,
): AsyncGenerator<ArchiveEntry> {
  yield { path: '.', absolute: root, type: 'directory', executable: false, size: 0 };
  yield* entriesBelow(Buffer.from(root), '', excluded);
}

async function* entriesBelow(
  folder: Buffer,
  prefix: string,
  excluded: Excluded,
): AsyncGenerator<ArchiveEntry> {
  const names = await readdir(folder, { encoding: 'buffer' });
  names.sort((a, b) => Buffer.compare(a, b));
  for (const raw of names) {
    const name = raw.toString('utf8');
    const relative = `${prefix}${name}`;
    const absolute = pathBelow(folder, raw);
    const stat = await lstat(absolute);
    if (!stat.isFile() && !stat.isDirectory()) continue;
    const isDirectory = stat.isDirectory();
    if (!excluded(relative, isDirectory)) {
      const executable = !isDirectory && (stat.mode & 0o100) !== 0;
      const size = isDirectory ? 0 : stat.size;
      yield { path: relative, absolute, type: isDirectory ? 'directory' : 'file', executable, size };
    }
    if (isDirectory) yield* entriesBelow(absolute, `${relative}/`, excluded);
  }
}

const separator = Buffer.from('/');

/** The path of something in a folder; git and Linux know names that are no text. */
export function pathBelow(folder: Buffer, name: Buffer): Buffer {
  return Buffer.concat([folder, separator, name]);
}
