import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { ignoreFileName, ignoreMatcher, type IgnoreFile } from '@flotilla/common/sourceignore/ignore-matcher';
import type { Excluded } from '../artifacts/archive-entries.js';

const maxFileBytes = 1024 * 1024;

/** The ignore rules of a tree (flux-compat 2.3): every .sourceignore in it, and then spec.ignore. */
export async function loadIgnoreRules(root: string, specIgnore: string | undefined): Promise<Excluded> {
  const files: IgnoreFile[] = [];
  for await (const file of ignoreFilesBelow(root, '')) files.push(file);
  const matcher = ignoreMatcher({ files, of: 'tree', ...(specIgnore === undefined ? {} : { specIgnore }) });
  return (relative, isDirectory) => matcher.ignores(relative, isDirectory);
}

/** Only regular files: a symlink could make the agent read a file of its own machine. */
async function* ignoreFilesBelow(root: string, directory: string): AsyncGenerator<IgnoreFile> {
  const entries = await readdir(path.join(root, directory), { withFileTypes: true });
  for (const entry of entries) {
    const relative = directory === '' ? entry.name : `${directory}/${entry.name}`;
    if (entry.isDirectory() && entry.name !== '.git') yield* ignoreFilesBelow(root, relative);
    if (entry.isFile() && entry.name === ignoreFileName)
      yield { directory, text: await readLimited(root, relative) };
  }
}

async function readLimited(root: string, relative: string): Promise<string> {
  const file = path.join(root, relative);
  const { size } = await stat(file);
  if (size > maxFileBytes) throw new Error(`${relative} is larger than ${maxFileBytes} bytes`);
  return readFile(file, 'utf8');
}
