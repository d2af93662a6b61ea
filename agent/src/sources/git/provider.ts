import type { GitRepositorySpec } from '@flotilla/common/api/git-repository';
import type { CloudIdentities } from '../../cloud/cloud-identities.js';
import { SourceFailure } from '../source-failure.js';
import { expectHostOf } from './cloud-remote.js';

/** Who objects may be in a cloud. */
export interface CloudAccess {
  /** Absent: there is no workload identity. */
  identities?: CloudIdentities;
  /** Gate ObjectLevelWorkloadIdentity: objects may name a ServiceAccount. */
  isObjectLevel: boolean;
  /** --default-service-account, where an object names none and may; empty means the agent itself. */
  defaultServiceAccount: string;
}

/**
 * Refuses what only a change of the object can cure (flux-compat 2.3).
 * @throws SourceFailure that stalls the object
 */
export function checkProvider(
  spec: GitRepositorySpec,
  { isObjectLevel }: Pick<CloudAccess, 'isObjectLevel'>,
): void {
  const { provider = 'generic', serviceAccountName } = spec;
  const isCloud = provider === 'aws' || provider === 'azure';
  if (serviceAccountName && !isCloud) {
    const message = "serviceAccountName can only be set when provider is 'azure' or 'aws'";
    throw stalled('InvalidProviderConfiguration', message);
  }
  if (serviceAccountName && !isObjectLevel) {
    throw stalled(
      'FeatureGateDisabled',
      'to use spec.serviceAccountName for provider authentication please enable the ObjectLevelWorkloadIdentity feature gate in the controller',
    );
  }
  if (isCloud) expectHostOf({ provider, url: spec.url });
  if (provider === 'github' && !spec.secretRef) {
    const message = 'secretRef with github app data must be specified when provider is set to github';
    throw stalled('InvalidProviderConfiguration', message);
  }
}

function stalled(reason: string, message: string): SourceFailure {
  return new SourceFailure({ condition: 'FetchFailed', reason, message, after: { retry: 'never' } });
}
