import type { GitRepositorySpec } from '@flotilla/common/api/git-repository';
import { SourceFailure } from '../source-failure.js';
import type { SecretData } from './credentials.js';

/**
 * Refuses what this version cannot do yet. Ignoring a field would be worse than failing: a repository without its
 * signature check, or without half of its content, must not look ready.
 * @throws SourceFailure that stalls the object
 */
export function refuseUnsupported(spec: GitRepositorySpec): void {
  if (spec.provider === 'github' && !spec.secretRef) {
    const message = 'secretRef with github app data must be specified when provider is set to github';
    throw stalled('InvalidProviderConfiguration', message);
  }
  const field = unsupportedField(spec);
  if (field)
    throw stalled('UnsupportedFeature', `${field} is not supported yet; remove it from the GitRepository`);
}

/** Refuses keys of the Secret that this version cannot use yet. */
export function refuseUnsupportedSecret(secret: SecretData, name: string): void {
  if (secret['githubAppID']) {
    throw new SourceFailure({
      condition: 'FetchFailed',
      reason: 'InvalidProviderConfiguration',
      message: `secretRef '${name}' has github app data but provider is not set to github`,
    });
  }
  const key = ['tls.crt', 'tls.key', 'certFile', 'keyFile'].find((candidate) => secret[candidate]);
  if (!key) return;
  throw new SourceFailure({
    condition: 'FetchFailed',
    reason: 'UnsupportedFeature',
    message: `secretRef '${name}': ${key} (client certificates) is not supported yet`,
  });
}

function unsupportedField(spec: GitRepositorySpec): string | undefined {
  if (spec.url.startsWith('ssh://')) return 'spec.url with ssh://';
  if (spec.provider && spec.provider !== 'generic') return `spec.provider ${spec.provider}`;
  if (spec.serviceAccountName) return 'spec.serviceAccountName';
  if (spec.proxySecretRef) return 'spec.proxySecretRef';
  if (spec.verify) return 'spec.verify';
  if (spec.recurseSubmodules) return 'spec.recurseSubmodules';
  if (spec.sparseCheckout?.length) return 'spec.sparseCheckout';
  if (spec.include?.length) return 'spec.include';
  return undefined;
}

function stalled(reason: string, message: string): SourceFailure {
  return new SourceFailure({ condition: 'FetchFailed', reason, message, after: { retry: 'never' } });
}
