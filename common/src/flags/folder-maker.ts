import { dirname, resolve } from 'node:path';

/** The part of a file system that folders are made with; it fails with errors that have a `code`, as Node's does. */
export interface Folders {
  mkdir(path: string, options: { readonly mode: number }): Promise<unknown>;
  stat(path: string): Promise<{ isDirectory(): boolean }>;
}

/** Makes a folder with those above it. @throws Error of the file system */
export type MakeFolder = (folder: string, mode: number) => Promise<void>;

/**
 * Gives what makes folders, at the same time as others may. Node's own way of it never ends where a file system says of a
 * new folder that the one above is missing, as /proc does.
 */
export function folderMaker(folders: Folders): MakeFolder {
  const makeOne = async (path: string, mode: number): Promise<void> => {
    try {
      await folders.mkdir(path, { mode });
    } catch (error) {
      const isThere = codeOf(error) === 'EEXIST' && (await folders.stat(path)).isDirectory();
      if (!isThere) throw error;
    }
  };
  const make: MakeFolder = async (folder, mode) => {
    const path = resolve(folder);
    try {
      await makeOne(path, mode);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      await make(dirname(path), mode);
      await makeOne(path, mode);
    }
  };
  return make;
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
