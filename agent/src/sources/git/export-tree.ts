import { randomUUID } from 'node:crypto';
import { lstat, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { GitCommand } from './git-command.js';
import { GitError } from './git-error.js';

export interface ExportOptions {
  timeoutMs: number;
  signal?: AbortSignal;
  /** Folders that are written; empty = all. */
  sparse?: readonly string[];
  /** Bytes of files that may be written. */
  maxBytes: number;
}

/**
 * Writes the files of a commit into a folder, byte by byte as they are in the repository: no filter, no line
 * end conversion, no export-ignore (the cache's own attributes say so). Symlinks stay symlinks, submodules are empty
 * folders.
 */
export async function exportTree(
  git: GitCommand,
  gitDir: string,
  commit: string,
  folder: string,
  options: ExportOptions,
): Promise<void> {
  const { sparse = [], timeoutMs, signal } = options;
  const index = path.join(gitDir, `export-${randomUUID()}.index`);
  const run = (args: readonly string[], stdin?: Uint8Array) =>
    git(['--git-dir', gitDir, '--work-tree', folder, ...args], {
      timeoutMs,
      ...(signal ? { signal } : {}),
      env: { GIT_INDEX_FILE: index, GIT_LITERAL_PATHSPECS: '1' },
      ...(stdin ? { stdin } : {}),
    });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    await run(['read-tree', commit]);
    if (sparse.length === 0 || sparse.includes('')) {
      await checkSize(git, gitDir, commit, [], options);
      await run(['checkout-index', '--all', '--force', '--quiet']);
      return;
    }
    const inside = sparse.filter((kept) => !isOutside(kept));
    if (inside.length === 0) return;
    await checkSize(git, gitDir, commit, inside, options);
    const { stdout } = await run(['ls-files', '--cached', '-z', '--', ...inside]);
    await run(['checkout-index', '--force', '--quiet', '-z', '--stdin'], stdout);
  } finally {
    await rm(index, { force: true });
  }
}

/** `<mode> <type> <object> <size>\t<path>`; submodules have no size. */
const sizeInEntry = /^\d+ blob \S+ +(\d+)\t/;

/** A pack of a few kilobytes may unfold into a full disk: nothing is written before the sizes are known. */
async function checkSize(
  git: GitCommand,
  gitDir: string,
  commit: string,
  paths: readonly string[],
  { maxBytes, timeoutMs, signal }: ExportOptions,
): Promise<void> {
  const { stdout } = await git(
    ['--git-dir', gitDir, 'ls-tree', '-r', '-l', '-z', '--full-tree', commit, '--', ...paths],
    { timeoutMs, ...(signal ? { signal } : {}), env: { GIT_LITERAL_PATHSPECS: '1' } },
  );
  const bytes = stdout
    .toString('latin1')
    .split('\0')
    .reduce((sum, entry) => sum + Number(sizeInEntry.exec(entry)?.[1] ?? 0), 0);
  if (bytes <= maxBytes) return;
  throw new GitError(
    'too-large',
    `the files of the commit take ${bytes} bytes; --max-fetch-bytes allows ${maxBytes}`,
  );
}

/** The first of these paths that is not in the folder. */
export async function firstMissing(folder: string, paths: readonly string[]): Promise<string | undefined> {
  for (const relative of paths) {
    const found = !isOutside(relative) && (await lstat(path.join(folder, relative)).catch(() => undefined));
    if (!found) return relative;
  }
  return undefined;
}

function isOutside(relative: string): boolean {
  return relative.split('/').includes('..');
}
