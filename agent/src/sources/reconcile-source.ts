import type { KubeObject, NamespacedName } from '@flotilla/common/kube/object';
import type { ReconcileResult } from '../runtime/reconcile.js';
import { SourceRun, type SourceDeps, type SourceKind, type SourceSuccess } from './source-run.js';

/** Finalizer of all kinds that have something to clean up (flux-compat 1.2). */
export const sourceFinalizer = 'finalizers.fluxcd.io';

/** The steps of one kind. Throws SourceFailure for what the status has to tell. */
export type SourceWork = (run: SourceRun, signal: AbortSignal) => Promise<SourceSuccess>;

/**
 * The frame around every source kind's own steps (flux-compat 1.1, 1.2, 2.2): finalizer, deletion, suspension, and
 * one status write at the end however the steps ended.
 */
export async function reconcileSource(
  deps: SourceDeps,
  kind: SourceKind,
  work: SourceWork,
  name: NamespacedName,
  signal: AbortSignal,
): Promise<ReconcileResult> {
  const found = deps.objects.get(name);
  if (!found) return {};
  if (found.metadata.deletionTimestamp) return deleteSource(deps, kind, found);
  // Flux writes the finalizer and starts again; here the run goes on with the object as it was written.
  const object = await deps.writer.addFinalizer(found, sourceFinalizer, signal);
  const run = new SourceRun(deps, kind, object);
  if ((object.spec as { suspend?: boolean } | undefined)?.suspend) return run.suspended();
  let success: SourceSuccess;
  try {
    await run.begin();
    success = await work(run, signal);
  } catch (error) {
    // A shutdown says nothing about the object.
    if (signal.aborted) throw error;
    return run.fail(error);
  }
  return run.succeed(success);
}

async function deleteSource(
  deps: SourceDeps,
  kind: SourceKind,
  object: KubeObject,
): Promise<ReconcileResult> {
  if (!object.metadata.finalizers?.includes(sourceFinalizer)) return {};
  const run = new SourceRun(deps, kind, object);
  if (await deps.artifacts.removeAll(run.owner)) {
    run.event('trace', 'GarbageCollectionSucceeded', 'garbage collected artifacts for deleted resource');
  }
  await deps.writer.removeFinalizer(object, sourceFinalizer);
  return {};
}
