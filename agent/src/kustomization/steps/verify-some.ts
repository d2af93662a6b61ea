import { objectId } from '@flotilla/common/inventory/object-id';
import { endsByItself } from '@flotilla/common/kstatus/vanished';
import { formatRef, refOf, type KubeObject, type ObjectRef } from '@flotilla/common/kube/object';
import { hasChanged, changeLog, type ChangeSet, type ChangeSetEntry } from '../../ssa/changeset.js';
import { seenObjects } from '../../ssa/drift/seen-object.js';
import { nameOf, tell, uidOf, type Run } from '../run.js';
import { retriedFailure } from '../step-failure.js';
import { applyObjects, withinTimeout } from './apply.js';
import { renderKept } from './render.js';
import { selectEngine } from './select-engine.js';

/**
 * Compares the suspects alone with the cluster and corrects those that drifted. The desired objects come from the
 * kept build. Returns false when there is none any more: then everything has to be done again.
 * @throws StepFailure
 */
export async function verifySome(
  run: Run,
  buildKey: string,
  suspects: readonly ObjectRef[],
): Promise<boolean> {
  if (suspects.length === 0) return true;
  const rendered = await renderKept(run, buildKey);
  if (!rendered) return false;
  const ids = new Set(suspects.map(objectId));
  const wanted = rendered.objects.filter((object) => ids.has(objectId(refOf(object))));
  const changes = await applySome(run, wanted);
  const log = changeLog(changes);
  if (log === '') return true;
  const { pace, clock } = run.deps;
  const corrected = changes.entries.filter(isCorrected);
  for (const { ref, drift = [] } of corrected) {
    pace.corrected(nameOf(run.object), ref, drift, clock.monotonic());
  }
  const details = corrected.flatMap(describeDrift);
  tell(run, { severity: 'info', message: [log, ...details].join('\n') });
  return true;
}

async function applySome(run: Run, objects: readonly KubeObject[]): Promise<ChangeSet> {
  const { drift, settled } = run.deps;
  const owner = nameOf(run.object);
  const engine = selectEngine(run);
  drift.hold(owner);
  try {
    const changes = await withinTimeout(run, (signal) =>
      applyObjects(run, engine, objects, { trustsWatch: false, signal }),
    );
    const seen = seenObjects(changes.entries);
    drift.update(owner, seen);
    await settled.updateObjects(uidOf(run.object), seen);
    return changes;
  } catch (error) {
    drift.release(owner);
    run.signal.throwIfAborted();
    throw retriedFailure('ReconciliationFailed', error);
  }
}

/** A Job that had cleaned up after itself is only due again; nobody has taken it away. */
function isCorrected({ action, live }: ChangeSetEntry): boolean {
  return hasChanged(action) && !(action === 'created' && live && endsByItself(live));
}

/** One line for each field that somebody else had changed. */
function describeDrift({ ref, action, drift = [] }: ChangeSetEntry): string[] {
  const object = formatRef(ref);
  if (action === 'created') return [`drift corrected: ${object} had been deleted`];
  return drift.map(
    ({ path, manager }) =>
      `drift corrected: ${object} ${path} ${manager ? `changed by ${manager}` : 'removed'}`,
  );
}
