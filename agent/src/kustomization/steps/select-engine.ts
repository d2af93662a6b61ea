import type { KustomizationSpec } from '@flotilla/common/api/kustomization';
import type { ObjectRef } from '@flotilla/common/kube/object';
import type { ApplyEngine, Owner } from '../../ssa/engine.js';
import { applyManager, kustomizationGroup } from '../kind.js';
import { nameOf, type Run } from '../run.js';

/** The ServiceAccount that this Kustomization acts as, if any (flux-compat 3.2, 10). */
export function serviceAccountOf(run: Run): ObjectRef | undefined {
  const spec: KustomizationSpec = run.object.spec;
  const name = spec.serviceAccountName || run.deps.options.defaultServiceAccount;
  if (!name) return undefined;
  return { apiVersion: 'v1', kind: 'ServiceAccount', namespace: nameOf(run.object).namespace, name };
}

/** An engine that may do what that ServiceAccount may do, and nothing else. */
export function selectEngine(run: Run): ApplyEngine {
  const account = serviceAccountOf(run);
  const { client, engineFor } = run.deps;
  if (!account) return engineFor(client);
  return engineFor(client.impersonate(`system:serviceaccount:${account.namespace}:${account.name}`));
}

/** Whose labels the applied objects carry. */
export function ownerOf(run: Run): Owner {
  return { group: kustomizationGroup, ...nameOf(run.object), fieldManager: applyManager };
}
