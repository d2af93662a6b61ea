import { mergeInventory, refOfEntry } from '@flotilla/common/inventory/inventory';
import { formatRef, type ObjectRef } from '@flotilla/common/kube/object';
import { changeLog } from '../ssa/changeset.js';
import { findCluster } from './remote/open-cluster.js';
import { ClusterConfigMissingError } from './remote/read-config.js';
import { nameOf, tell, uidOf, type Run } from './run.js';
import { removeFinalizer } from './steps/finalizer.js';
import { ownerOf, selectEngine, serviceAccountOf } from './steps/select-engine.js';
import { messageOf } from './step-failure.js';
import { timeoutMs } from './timing.js';

/**
 * Deletes what the deletion policy says, and lets the object go (flux-compat 3.9). A failed deletion is thrown: the
 * object stays until its managed objects could be deleted.
 */
export async function finalize(run: Run): Promise<void> {
  const { deps, object } = run;
  const { lastAppliedRevision: revision, lastAppliedOriginRevision: originRevision } = object.status ?? {};
  Object.assign(run.about, { revision, originRevision });
  const refs = await refsToDelete(run);
  if (refs.length > 0) {
    if ((await canImpersonate(run)) && (await canReach(run))) await deleteObjects(run, refs);
    else
      tell(run, {
        severity: 'error',
        message: `unable to prune objects: \n${refs.map(formatRef).join('\n')}`,
      });
  }
  deps.drift.forget(nameOf(object));
  deps.clusters.release(nameOf(object));
  deps.suspects.take(nameOf(object));
  deps.healthy.forget(uidOf(object));
  deps.pace.forget(nameOf(object));
  await deps.settled.forget(uidOf(object));
  await deps.journal.clear(uidOf(object));
  await removeFinalizer(run);
}

async function refsToDelete(run: Run): Promise<ObjectRef[]> {
  const { spec, status } = run.object;
  const policy = spec.deletionPolicy ?? 'MirrorPrune';
  const deletes = policy === 'MirrorPrune' ? spec.prune : policy !== 'Orphan';
  if (spec.suspend || !deletes) return [];
  const unrecorded = await run.deps.journal.read(uidOf(run.object));
  return mergeInventory(status?.inventory?.entries ?? [], unrecorded).map(refOfEntry);
}

/** Without its ServiceAccount this Kustomization has no say over anything; its objects stay. */
async function canImpersonate(run: Run): Promise<boolean> {
  const account = serviceAccountOf(run);
  if (!account) return true;
  return (await run.deps.client.get(account, { metadataOnly: true, signal: run.signal })) !== undefined;
}

/** Without what says how to reach its cluster the objects there stay, too. @throws Error when it says something wrong */
async function canReach(run: Run): Promise<boolean> {
  try {
    await findCluster(run);
    return true;
  } catch (error) {
    if (error instanceof ClusterConfigMissingError) return false;
    throw error;
  }
}

async function deleteObjects(run: Run, refs: readonly ObjectRef[]): Promise<void> {
  const engine = selectEngine(run);
  let log: string;
  let deleted: ObjectRef[];
  try {
    const changes = await engine.deleteAll(refs, { owner: ownerOf(run), signal: run.signal });
    log = changeLog(changes);
    deleted = changes.entries.filter(({ action }) => action === 'deleted').map(({ ref }) => ref);
  } catch (error) {
    run.signal.throwIfAborted();
    tell(run, { severity: 'error', message: 'pruning for deleted resource failed' });
    throw error;
  }
  if (log === '') return;
  tell(run, { severity: 'info', message: log });
  if (run.object.spec.deletionPolicy !== 'WaitForTermination') return;
  try {
    await engine.waitForTermination(deleted, { timeoutMs: timeoutMs(run.object.spec), signal: run.signal });
  } catch (error) {
    run.signal.throwIfAborted();
    const message = 'failed to wait for resources termination';
    run.deps.logger.error({ error: messageOf(error) }, message);
    tell(run, { severity: 'error', message });
  }
}
