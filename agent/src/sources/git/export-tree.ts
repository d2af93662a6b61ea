import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { GitCommand } from './git-command.js';

/**
 * Writes the files of a commit into a new folder, byte by byte as they are in the repository: no filter, no line
 * end conversion, no export-ignore (the cache's own attributes say so). Symlinks stay symlinks, submodules are empty
 * folders.
 */
export async function exportTree(
  git: GitCommand,
  gitDir: string,
  commit: string,
  folder: string,
  options: { timeoutMs: number; signal?: AbortSignal },
): Promise<void> {
  const index = path.join(path.dirname(folder), `${path.basename(folder)}.index`);
  const run = (args: readonly string[]) =>
    git(['--git-dir', gitDir, '--work-tree', folder, ...args], {
      ...options,
      env: { GIT_INDEX_FILE: index },
    });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    await run(['read-tree', commit]);
    await run(['checkout-index', '--all', '--force', '--quiet']);
  } finally {
    await rm(index, { force: true });
  }
}
