import type { ObjectRef } from '@flotilla/common/kube/object';
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
  const account = serviceAccountOf(run);
  const { engineFor } = run.deps;
  const { client } = run.cluster;
  if (!account) return engineFor(client);
  return engineFor(client.impersonate(userOf(account)));
}

/** Whose labels the applied objects carry. */
export function ownerOf(run: Run): Owner {
  return { group: kustomizationGroup, ...nameOf(run.object), fieldManager: applyManager };
}
