// Where the rig's programs are; whoever asks first waits until they are there.
import { prepare } from '../../scripts/rig/prepare.mjs';
import type { RigPrograms } from '../../scripts/rig/prepare.mjs';

let prepared: Promise<RigPrograms> | undefined;

/** Returns the paths of etcd, kube-apiserver, kube-controller-manager, kubectl and helm. */
export function rigPrograms(): Promise<RigPrograms> {
  prepared ??= prepare();
  return prepared;
}
