import type { KubeObject } from '@flotilla/common/kube/object';
import type { ApplyContext } from './apply-context.js';
import { applyStage } from './apply-stage.js';
import { hasChanged, type ChangeSet, type ChangeSetEntry } from './changeset.js';
import { ApplyError } from './errors.js';
import { prepare } from './prepare.js';
import { waitUntilServed } from './served-kinds.js';
import { isCustomResourceDefinition, splitIntoStages, type Stage } from './stages.js';
import { waitUntilCurrent } from './wait.js';

const stageTimeoutMs = 60_000;
const stagePollMs = 2_000;

/** Applies all objects in stages (flux-compat 3.6). @throws ApplyError; an Error before anything was asked of the server */
export async function applyAllStaged(
  context: ApplyContext,
  objects: readonly KubeObject[],
): Promise<ChangeSet> {
  const stages = splitIntoStages(prepare(objects, context.options), context.options.customStageKinds);
  const complete: ChangeSetEntry[] = [];
  let current: ChangeSetEntry[] = [];
  try {
    for (const stage of stages) {
      current = [];
      await applyStage(context, stage.objects, current);
      complete.push(...current);
      const applied = current;
      current = [];
      await settle(context, stage, applied);
    }
  } catch (error) {
    throw new ApplyError(error, { entries: complete }, current);
  }
  return { entries: complete };
}

/** Later stages need what this one defined: kinds that the server serves, namespaces that exist. */
async function settle(
  context: ApplyContext,
  stage: Stage,
  entries: readonly ChangeSetEntry[],
): Promise<void> {
  if (!stage.waits) return;
  const { client, clock, readStatus, options } = context;
  const newKinds = entries.filter(({ ref, action }) => isCustomResourceDefinition(ref) && hasChanged(action));
  if (newKinds.length > 0) client.discovery.invalidate();
  const targets = entries
    .filter(({ action, settled }) => action !== 'skipped' && !settled)
    .map(({ ref, live }) => ({ ref, ...(live ? { live } : {}) }));
  await waitUntilCurrent(
    { client, clock, readStatus, concurrency: options.concurrency, maxDelayMs: stagePollMs },
    targets,
    { timeoutMs: stageTimeoutMs, failFast: false, signal: options.signal },
  );
  await waitUntilServed(
    context,
    newKinds.flatMap(({ live }) => (live ? [live] : [])),
  );
}
