import { formatRef, type KubeObject, type TypeRef } from '@flotilla/common/kube/object';
import { KubeApiError } from '../kube/errors.js';
import type { ApplyContext } from './apply-context.js';
import { applyOnlyChange } from './apply-only-change.js';
import { isBuiltInKind } from './built-in-kinds.js';
import type { ChangeSetEntry } from './changeset.js';
import { mapConcurrently } from './concurrency.js';
import { desiredDigest } from './desired-digest.js';
import { describeDrift } from './diff.js';
import { messageOf } from './errors.js';
import { planObject, takeOverOptions, type ObjectPlan } from './plan-object.js';
import { takeOverPatch } from './take-over.js';

interface Planned {
  plan: ObjectPlan;
  desired: string;
}

/**
 * One stage: dry-runs of all its objects first, so that an object which the server refuses stops the stage before
 * anything of it is applied; then the changed ones, kind after kind (flux-compat 3.6, 4). Entries are added to `entries`
 * in the order of the objects; after a failure those that were done are in it too.
 */
export async function applyStage(
  context: ApplyContext,
  objects: readonly KubeObject[],
  entries: ChangeSetEntry[],
): Promise<void> {
  const applied = await applyOnlyChange(context, objects);
  if (applied) return void entries.push(...applied);
  const plans = await mapConcurrently(objects, context.options.concurrency, async (object) => {
    const desired = desiredDigest(object, context.options);
    return { plan: await planObject(context, object, desired), desired };
  });
  for (const run of runsOfOneKind(plans)) await carryOutRun(context, run, entries);
}

/** Kinds keep their order, as later ones may need earlier ones. */
function runsOfOneKind(plans: readonly Planned[]): Planned[][] {
  const runs: Planned[][] = [];
  for (const planned of plans) {
    const [run] = runs.slice(-1);
    if (run?.[0] && isSameKind(run[0].plan.ref, planned.plan.ref)) run.push(planned);
    else runs.push([planned]);
  }
  return runs;
}

function isSameKind(a: TypeRef, b: TypeRef): boolean {
  return a.kind === b.kind && a.apiVersion === b.apiVersion;
}

/**
 * Objects of one built-in kind do not need each other, and one at a time the network would be waited for most of the
 * time. What admission webhooks of custom resources look at nobody knows, so these go one after the other.
 */
async function carryOutRun(
  context: ApplyContext,
  run: readonly Planned[],
  entries: ChangeSetEntry[],
): Promise<void> {
  const concurrency = run[0] && isBuiltInKind(run[0].plan.ref) ? context.options.concurrency : 1;
  const done: ChangeSetEntry[] = [];
  try {
    await mapConcurrently([...run.entries()], concurrency, async ([index, { plan, desired }]) => {
      done[index] = await carryOut(context, plan, desired);
    });
  } finally {
    // Where something failed there are holes.
    entries.push(...done.filter(() => true));
  }
}

async function carryOut(context: ApplyContext, plan: ObjectPlan, desired: string): Promise<ChangeSetEntry> {
  const { action, ref } = plan;
  if (action === 'skipped') return { ref, action, ...(plan.live ? { desired, live: plan.live } : {}) };
  if (action === 'settled')
    return { ref, action: plan.seen.skipped ? 'skipped' : 'unchanged', desired, settled: plan.seen };
  if (action === 'unchanged') return { ref, action, desired, live: plan.live };
  if (action === 'configured' && plan.takeOver) await takeOver(context, plan);
  const { owner, signal } = context.options;
  try {
    const live = await context.client.apply(plan.object, {
      fieldManager: owner.fieldManager,
      force: true,
      signal,
    });
    const drift = action === 'configured' ? describeDrift(plan.live, live, owner.fieldManager) : undefined;
    return { ref, action, desired, live, ...(drift ? { drift } : {}) };
  } catch (error) {
    throw new Error(`${formatRef(ref)} apply failed: ${messageOf(error)}`, { cause: error });
  }
}

/** Somebody may write between the read and the patch, which would be lost without the resourceVersion in it. */
const takeOverAttempts = 5;

async function takeOver(
  context: ApplyContext,
  plan: Extract<ObjectPlan, { action: 'configured' }>,
): Promise<void> {
  const { client, options } = context;
  const { ref } = plan;
  let live: KubeObject | undefined = plan.live;
  try {
    for (let attempt = 1; live; attempt++) {
      const patch = takeOverPatch(live, takeOverOptions(context));
      if (!patch) return;
      const guard = {
        op: 'test',
        path: '/metadata/resourceVersion',
        value: live.metadata.resourceVersion,
      } as const;
      try {
        await client.patch(
          ref,
          { type: 'json', body: [guard, ...patch] },
          { fieldManager: options.owner.fieldManager, signal: options.signal },
        );
        return;
      } catch (error) {
        if (attempt === takeOverAttempts || !isOutdated(error)) throw error;
      }
      live = await client.get(ref, { signal: options.signal });
    }
  } catch (error) {
    throw new Error(`${formatRef(ref)} metadata.managedFields cleanup failed: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** The server answers a failed test with Invalid, and a lost race with Conflict. */
function isOutdated(error: unknown): boolean {
  return error instanceof KubeApiError && (error.code === 409 || error.code === 422);
}
