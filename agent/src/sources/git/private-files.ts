import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Text of a file, and whether it is a program. */
export interface PrivateFile {
  text: string;
  executable?: boolean;
}

/** Files that only this process's user can read, for programs that take secrets as files and in no other way. */
export interface PrivateFiles {
  pathOf(name: string): string;
  remove(): Promise<void>;
}

/** Writes files into a new folder of mode 0700 below `root`. The caller removes them when the program has ended. */
export async function writePrivateFiles(
  root: string,
  files: Readonly<Record<string, PrivateFile>>,
): Promise<PrivateFiles> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(path.join(root, 'access-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    for (const [name, { text, executable }] of Object.entries(files)) {
      const mode = executable ? 0o700 : 0o600;
      await writeFile(path.join(folder, name), text, { mode, flag: 'wx' });
    }
  } catch (error) {
    await remove();
    throw error;
  }
  return { pathOf: (name) => path.join(folder, name), remove };
}
