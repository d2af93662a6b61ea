import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';

/** Something in an artifact, found without leaving it. */
export interface ArtifactEntry {
  /** Path relative to the artifact's root, `/` separated; empty for the root itself. */
  path: string;
  /** Where it really is, symbolic links resolved. */
  realPath: string;
  isDirectory: boolean;
}

/** A path points out of the artifact: by `..`, as an absolute path, or through a symbolic link. */
export class OutsideArtifactError extends Error {
  override readonly name = 'OutsideArtifactError';
}

/**
 * Finds what `value` names, seen from `folder` (relative to the root). Undefined when nothing is there.
 * `root` must be a real path (no symbolic links in it).
 * @throws OutsideArtifactError
 */
export async function findInArtifact(
  root: string,
  folder: string,
  value: string,
): Promise<ArtifactEntry | undefined> {
  if (path.posix.isAbsolute(value)) {
    throw new OutsideArtifactError('absolute paths are outside the artifact');
  }
  const relative = path.posix.normalize(path.posix.join('.', folder, value)).replace(/\/$/, '');
  if (relative === '..' || relative.startsWith('../')) {
    throw new OutsideArtifactError('the path leads out of the artifact');
  }
  return await statInside(root, relative === '.' ? '' : relative);
}

/**
 * Finds the folder of spec.path. As in a chroot, `..` at the root stays at the root (flux-compat 3.2, 8).
 * @throws OutsideArtifactError when a symbolic link leads out
 */
export async function findBuildFolder(root: string, specPath: string): Promise<ArtifactEntry | undefined> {
  const clamped = path.posix.normalize(`/${specPath}`).replace(/^\/+|\/+$/g, '');
  return await statInside(root, clamped);
}

async function statInside(root: string, relative: string): Promise<ArtifactEntry | undefined> {
  try {
    const realPath = await realpath(path.join(root, relative));
    if (realPath !== root && !realPath.startsWith(root + path.sep)) {
      throw new OutsideArtifactError('a symbolic link leads out of the artifact');
    }
    const stats = await stat(realPath);
    return { path: relative, realPath, isDirectory: stats.isDirectory() };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function isNotFound(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  // A NUL byte in a path is an argument error; nothing can be there.
  return (
    code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG' || code === 'ERR_INVALID_ARG_VALUE'
  );
}
