import type { GitRepositorySpec } from '@flotilla/common/api/git-repository';
import { SourceFailure } from '../source-failure.js';

/**
 * Refuses what this version cannot do yet. Ignoring a field would be worse than failing: a repository without its
 * signature check, or without half of its content, must not look ready.
 * @throws SourceFailure that stalls the object
 */
export function refuseUnsupported(spec: GitRepositorySpec): void {
  const field = unsupportedField(spec);
  if (field)
    throw stalled('UnsupportedFeature', `${field} is not supported yet; remove it from the GitRepository`);
}

function unsupportedField(spec: GitRepositorySpec): string | undefined {
  if (spec.verify) return 'spec.verify';
  if (spec.include?.length) return 'spec.include';
  return undefined;
}

function stalled(reason: string, message: string): SourceFailure {
  return new SourceFailure({ condition: 'FetchFailed', reason, message, after: { retry: 'never' } });
}
