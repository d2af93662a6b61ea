import type { GitRepositorySpec } from '@flotilla/common/api/git-repository';
import { SourceFailure } from '../source-failure.js';

/**
 * Refuses what only a change of the object can cure (flux-compat 2.3). Ignoring a provider would end in a
 * misleading error of the Git server.
 * @throws SourceFailure that stalls the object
 */
export function checkProvider(spec: GitRepositorySpec): void {
  const { provider = 'generic', serviceAccountName } = spec;
  const isCloud = provider === 'aws' || provider === 'azure';
  if (serviceAccountName && isCloud) {
    const gate = 'please enable the ObjectLevelWorkloadIdentity feature gate in the controller';
    throw stalled(
      'FeatureGateDisabled',
      `to use spec.serviceAccountName for provider authentication ${gate}; this agent does not have it: ${remedy}`,
    );
  }
  if (isCloud) {
    const message = `spec.provider ${provider} needs workload identity, which this agent does not have: ${remedy}`;
    throw stalled('InvalidProviderConfiguration', message);
  }
  if (serviceAccountName) {
    const message = "serviceAccountName can only be set when provider is 'azure' or 'aws'";
    throw stalled('InvalidProviderConfiguration', message);
  }
  if (provider === 'github' && !spec.secretRef) {
    const message = 'secretRef with github app data must be specified when provider is set to github';
    throw stalled('InvalidProviderConfiguration', message);
  }
}

const remedy = 'use provider generic and a Secret with a token or an SSH key';

function stalled(reason: string, message: string): SourceFailure {
  return new SourceFailure({ condition: 'FetchFailed', reason, message, after: { retry: 'never' } });
}
