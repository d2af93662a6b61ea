import type { Artifact } from './artifact.js';

/** The store could not do its work. `code` is the operating system's, e.g. ENOSPC. */
export class ArtifactStorageError extends Error {
  override readonly name = 'ArtifactStorageError';
  readonly code: string | undefined;

  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.code = codeOf(cause);
  }
}

/** An artifact's bytes are not what its digest promises, or no archive at all. */
export class InvalidArtifactError extends Error {
  override readonly name = 'InvalidArtifactError';
  constructor(artifact: Pick<Artifact, 'path'>, why: string) {
    super(`artifact ${artifact.path}: ${why}`);
  }
}

/** The code of an error of the operating system, e.g. ENOENT; those of libraries are not meant. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Explains a failed write: the reader has to learn what is full, not which system call said so. */
export function storageError(action: string, root: string, error: unknown): Error {
  const code = codeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new ArtifactStorageError(
      `${action}: no space left on device below ${root}; enlarge the storage volume or shorten the retention`,
      error,
    );
  }
  if (code === undefined) return error instanceof Error ? error : new Error(String(error));
  return new ArtifactStorageError(
    `${action}: ${error instanceof Error ? error.message : String(error)}`,
    error,
  );
}
