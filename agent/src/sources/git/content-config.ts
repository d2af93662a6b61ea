import { isDeepStrictEqual } from 'node:util';
import type { GitRepositorySpec } from '@flotilla/common/api/git-repository';
import type { SourceStatusFields } from '../source-status.js';
import { isIncludeChanged, type Include } from './includes.js';
import { isVerificationMissing } from './verification/verify-checkout.js';

/** The parts of the spec that decide what is in the artifact besides the commit, as the status keeps them. */
export function observedConfig(spec: GitRepositorySpec): Partial<SourceStatusFields> {
  return {
    observedIgnore: spec.ignore,
    observedInclude: spec.include?.length ? spec.include : undefined,
    observedRecurseSubmodules: spec.recurseSubmodules || undefined,
    observedSparseCheckout: spec.sparseCheckout?.length ? spec.sparseCheckout : undefined,
  };
}

/** True when the artifact was made with another configuration and has to be made again (flux-compat 2.3). */
export function isConfigChanged(
  spec: GitRepositorySpec,
  includes: readonly Include[],
  status: SourceStatusFields,
): boolean {
  if (isVerificationMissing(spec.verify, status['sourceVerificationMode'])) return true;
  if (isIncludeChanged(includes, status)) return true;
  return Object.entries(observedConfig(spec)).some(([field, wanted]) => {
    const observed = status[field] === false || isEmptyList(status[field]) ? undefined : status[field];
    return !isDeepStrictEqual(wanted, observed);
  });
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
