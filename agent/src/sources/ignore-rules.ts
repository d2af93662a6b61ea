import { readdir, readFile, stat } from 'node:fs/promises';
import { ignoreFileName, ignoreMatcher, type IgnoreFile } from '@flotilla/common/sourceignore/ignore-matcher';
import { pathBelow, type Excluded } from '../artifacts/archive-entries.js';

const maxFileBytes = 1024 * 1024;

/** The ignore rules of a tree (flux-compat 2.3): every .sourceignore in it, and then spec.ignore. */
export async function loadIgnoreRules(root: string, specIgnore: string | undefined): Promise<Excluded> {
  const files: IgnoreFile[] = [];
  for await (const file of ignoreFilesBelow(Buffer.from(root), '')) files.push(file);
  const matcher = ignoreMatcher({ files, of: 'tree', ...(specIgnore === undefined ? {} : { specIgnore }) });
  return (relative, isDirectory) => matcher.ignores(relative, isDirectory);
}

/** Only regular files: a symlink could make the agent read a file of its own machine. */
async function* ignoreFilesBelow(folder: Buffer, directory: string): AsyncGenerator<IgnoreFile> {
  const entries = await readdir(folder, { withFileTypes: true, encoding: 'buffer' });
  for (const entry of entries) {
    const name = entry.name.toString('utf8');
    const relative = directory === '' ? name : `${directory}/${name}`;
    const absolute = pathBelow(folder, entry.name);
    if (entry.isDirectory() && name !== '.git') yield* ignoreFilesBelow(absolute, relative);
    if (entry.isFile() && name === ignoreFileName)
      yield { directory, text: await readLimited(absolute, relative) };
  }
}

async function readLimited(file: Buffer, relative: string): Promise<string> {
  const { size } = await stat(file);
  if (size > maxFileBytes) throw new Error(`${relative} is larger than ${maxFileBytes} bytes`);
  return readFile(file, 'utf8');
}
