import type { KustomizationSpec } from '@flotilla/common/api/kustomization';
import { stalledFailure, type StepFailure } from '../step-failure.js';

/**
 * Refuses fields that this agent does not act on yet. Going on without them would apply something else than the
 * author asked for. @throws StepFailure that names the field
 */
export function checkSupported(spec: KustomizationSpec): void {
  if (spec.decryption?.serviceAccountName) throw withoutWorkloadIdentity();
}

/** flux-compat 3.2, 3. */
function withoutWorkloadIdentity(): StepFailure {
  return stalledFailure(
    'FeatureGateDisabled',
    'spec.decryption.serviceAccountName needs workload identity (feature gate ObjectLevelWorkloadIdentity), which is not supported yet; put the credentials into the Secret of spec.decryption.secretRef',
  );
}
