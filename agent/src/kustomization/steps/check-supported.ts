import type { KustomizationSpec } from '@flotilla/common/api/kustomization';
import type { KustomizationGates } from '../options.js';
import { stalledFailure, type StepFailure } from '../step-failure.js';

/** Refuses fields that a gate of the agent keeps closed. @throws StepFailure that names the field */
export function checkSupported(spec: KustomizationSpec, gates: KustomizationGates): void {
  if (spec.decryption?.serviceAccountName && !gates.ObjectLevelWorkloadIdentity) throw gateIsOff();
}

/** flux-compat 3.2, 3. */
function gateIsOff(): StepFailure {
  return stalledFailure(
    'FeatureGateDisabled',
    'to use spec.decryption.serviceAccountName for decryption authentication please enable the ObjectLevelWorkloadIdentity feature gate in the controller',
  );
}
