import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { usageError } from '../errors/cli-error.js';
import type { Terminal } from '../output/terminal.js';

/** A text that holds documents. */
export interface DocumentFile {
  /** As people named it; `stdin` for the standard input. */
  readonly path: string;
  readonly text: string;
  /** Found in a folder, where documents of others may be, too. */
  readonly fromFolder: boolean;
}

const maxBytes = 16 * 1024 * 1024;
const maxFiles = 10_000;

/** Reads files, folders with all that is in them, and `-`, in this order. @throws CliError */
export async function readDocumentFiles(
  paths: readonly string[],
  terminal: Pick<Terminal, 'readInput'>,
): Promise<readonly DocumentFile[]> {
  if (paths.filter((path) => path === '-').length > 1) throw usageError('-f -: stdin can be read once');
  const files: DocumentFile[] = [];
  for (const path of paths) {
    if (path === '-')
      files.push({ path: 'stdin', text: await terminal.readInput(maxBytes), fromFolder: false });
    else if (await isFolder(path))
      for (const file of await filesBelow(path)) files.push({ ...(await readOne(file)), fromFolder: true });
    else files.push({ ...(await readOne(path)), fromFolder: false });
  }
  return files;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** YAML and JSON files in order of their names. Hidden ones are left out, and links to folders, which may lead in circles. */
async function filesBelow(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  const walk = async (at: string): Promise<void> => {
    for (const entry of await entriesOf(at)) {
      const path = join(at, entry.name);
      if (entry.name.startsWith('.')) continue;
      if (entry.isDirectory()) await walk(path);
      else if (/\.(?:ya?ml|json)$/.test(entry.name) && (await isFile(entry, path))) found.push(path);
      if (found.length > maxFiles)
        throw usageError(`${folder}: more than ${maxFiles} YAML and JSON files`, 'name the folder below it');
    }
  };
  await walk(folder);
  return found;
}

async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    throw unreadable(folder, error);
  }
}

/** ConfigMaps that are mounted are links to files. */
async function isFile(entry: Dirent, path: string): Promise<boolean> {
  if (entry.isFile()) return true;
  return entry.isSymbolicLink() && !(await isFolder(path));
}

async function readOne(path: string): Promise<{ readonly path: string; readonly text: string }> {
  try {
    // Not for a pipe such as /dev/fd/63, which has no size.
    if ((await stat(path)).size > maxBytes) throw new Error(`it has more than ${maxBytes} bytes`);
    return { path, text: await readFile(path, 'utf8') };
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  const why = code === 'ENOENT' ? 'it does not exist' : message;
  return usageError(`${path} cannot be read: ${why}`, 'check -f');
}
