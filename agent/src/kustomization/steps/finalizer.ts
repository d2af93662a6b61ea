import { isApiError } from '../../kube/errors.js';
import type { KubeObject } from '@flotilla/common/kube/object';
import { finalizer, kustomizationType, statusManager } from '../kind.js';
import { nameOf, type Run } from '../run.js';

/** True when a deletion would wait for this agent. */
export function hasFinalizer(object: KubeObject): boolean {
  return object.metadata.finalizers?.includes(finalizer) ?? false;
}

/** Makes a deletion wait until the managed objects were dealt with (flux-compat 1.2). */
export async function addFinalizer(run: Run): Promise<KubeObject> {
  const patched = await patchFinalizers(run, [...(run.object.metadata.finalizers ?? []), finalizer]);
  run.deps.latest.wrote(patched);
  return patched;
}

/** Lets a deletion go on. An object that is gone already is fine. */
export async function removeFinalizer(run: Run): Promise<void> {
  const kept = (run.object.metadata.finalizers ?? []).filter((name) => name !== finalizer);
  try {
    run.deps.latest.wrote(await patchFinalizers(run, kept));
  } catch (error) {
    if (!isApiError(error, 404)) throw error;
  }
}

/** The list is replaced as a whole, so the server has to have the list that this one was made from. */
async function patchFinalizers(run: Run, finalizers: string[]): Promise<KubeObject> {
  const { resourceVersion } = run.object.metadata;
  const body = { metadata: { finalizers, ...(resourceVersion ? { resourceVersion } : {}) } };
  const ref = { ...kustomizationType, ...nameOf(run.object) };
  return await run.deps.client.patch(
    ref,
    { type: 'merge', body },
    { fieldManager: statusManager, signal: run.signal },
  );
}
