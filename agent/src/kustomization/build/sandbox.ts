import { copyFile, link, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { storageError } from '../../artifacts/artifact-error.js';
import type { Closure } from './closure.js';

/** A folder that holds the files of one build and nothing else, so that nothing else can be read by it. */
export interface Sandbox {
  root: string;
  /** Empty, and apart from the files: HOME and temporary folder of the programs that build. */
  home: string;
  /** Where the build starts. */
  folder: string;
  remove(): Promise<void>;
}

/** What is laid out: files that are taken from the artifact as they are, and contents of the agent's own. */
export interface SandboxFiles extends Pick<Closure, 'folder' | 'files' | 'remotes'> {
  written: ReadonlyMap<string, string | Uint8Array>;
}

/** The closure with other contents for some of its files. The files of the artifact stay as they are. */
export function withContents(closure: Closure, contents: ReadonlyMap<string, Uint8Array>): SandboxFiles {
  const files = [...closure.files].filter(([file]) => !contents.has(file));
  const written = new Map<string, string | Uint8Array>([...closure.written, ...contents]);
  return { folder: closure.folder, files: new Map(files), written, remotes: closure.remotes };
}

/**
 * Lays the closure out below a new folder in `parent`, at the same relative paths.
 * @throws ArtifactStorageError when there is no space for it
 */
export async function makeSandbox(parent: string, closure: SandboxFiles): Promise<Sandbox> {
  try {
    return await layOut(parent, closure);
  } catch (error) {
    throw storageError('laying out the files of the build', parent, error);
  }
}

async function layOut(parent: string, closure: SandboxFiles): Promise<Sandbox> {
  await mkdir(parent, { recursive: true });
  const base = await realpath(await mkdtemp(path.join(parent, 'build-')));
  const [root, home] = [path.join(base, 'files'), path.join(base, 'home')];
  const remove = (): Promise<void> => rm(base, { recursive: true, force: true });
  try {
    await mkdir(root);
    await mkdir(home);
    await makeFolders(root, closure);
    for (const [file, source] of closure.files) await place(source, path.join(root, file));
    for (const [file, content] of closure.written) {
      await writeFile(path.join(root, file), content, { mode: 0o600, flag: 'wx' });
    }
  } catch (error) {
    await remove();
    throw error;
  }
  return { root, home, folder: path.join(root, closure.folder), remove };
}

async function makeFolders(root: string, closure: SandboxFiles): Promise<void> {
  const files = [...closure.files.keys(), ...closure.written.keys()];
  const folders = new Set(files.map((file) => path.join(root, path.dirname(file))));
  for (const folder of folders) await mkdir(folder, { recursive: true });
}

/** A hard link costs no copy; across file systems, or where links are not allowed, a copy has to do. */
async function place(source: string, target: string): Promise<void> {
  try {
    await link(source, target);
  } catch {
    await copyFile(source, target);
  }
}
