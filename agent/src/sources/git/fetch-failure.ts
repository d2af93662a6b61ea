import { messageOf, SourceFailure } from '../source-failure.js';
import { EmptyRepositoryError } from './resolve-target.js';

/** Puts what went wrong with the remote into the terms of the object's conditions (flux-compat 2.3). */
export function throwFetchFailure(error: unknown): never {
  if (error instanceof SourceFailure) throw error;
  const isEmpty = error instanceof EmptyRepositoryError;
  throw new SourceFailure({
    condition: 'FetchFailed',
    reason: isEmpty ? 'EmptyGitRepository' : 'GitOperationFailed',
    message: isEmpty ? error.message : `failed to checkout and determine revision: ${messageOf(error)}`,
    cause: error,
  });
}
