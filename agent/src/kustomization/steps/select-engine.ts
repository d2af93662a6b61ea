import type { ObjectRef } from '@flotilla/common/kube/object';
import type { KubeClient } from '../../kube/client.js';
import type { ApplyEngine, Owner } from '../../ssa/engine.js';
import { applyManager, kustomizationGroup } from '../kind.js';
import { nameOf, type Run } from '../run.js';
import { serviceAccountFor, userOf } from '../service-account.js';

/** The ServiceAccount that this Kustomization acts as, if any (flux-compat 3.2, 10). */
export function serviceAccountOf(run: Run): ObjectRef | undefined {
  return serviceAccountFor(run.object, run.deps.options);
}

/** An engine on this run's cluster that may do what that ServiceAccount may do, and nothing else. */
export function selectEngine(run: Run): ApplyEngine {
  return run.deps.engineFor(selectClient(run));
}

/** The client that this run acts with. */
export function selectClient(run: Run): KubeClient {
  const account = serviceAccountOf(run);
  const { client } = run.cluster;
  return account ? client.impersonate(userOf(account)) : client;
}

/** Whose labels the applied objects carry. */
export function ownerOf(run: Run): Owner {
  return { group: kustomizationGroup, ...nameOf(run.object), fieldManager: applyManager };
}
