import { formatRef, type KubeObject } from '@flotilla/common/kube/object';
import { KubeApiError } from '../kube/errors.js';
import type { ApplyContext } from './apply-context.js';
import type { ChangeSetEntry } from './changeset.js';
import { mapConcurrently } from './concurrency.js';
import { desiredDigest } from './desired-digest.js';
import { describeDrift } from './diff.js';
import { messageOf } from './errors.js';
import { planObject, takeOverOptions, type ObjectPlan } from './plan-object.js';
import { takeOverPatch } from './take-over.js';

/**
 * One stage: dry-runs of all its objects first, so that an object which the server refuses stops the stage before
 * anything of it is applied; then the changed ones, one after the other (flux-compat 3.6, 4). Each entry is added to
 * `entries` as soon as it is done.
 */
export async function applyStage(
  context: ApplyContext,
  objects: readonly KubeObject[],
  entries: ChangeSetEntry[],
): Promise<void> {
  const plans = await mapConcurrently(objects, context.options.concurrency, async (object) => {
    const desired = desiredDigest(object, context.options);
    return { plan: await planObject(context, object, desired), desired };
  });
  for (const { plan, desired } of plans) entries.push(await carryOut(context, plan, desired));
}

async function carryOut(context: ApplyContext, plan: ObjectPlan, desired: string): Promise<ChangeSetEntry> {
  const { action, ref } = plan;
  if (action === 'skipped') return { ref, action };
  if (action === 'settled') return { ref, action: 'unchanged', desired, settled: plan.seen };
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
