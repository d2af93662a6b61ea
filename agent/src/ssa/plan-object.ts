import { formatRef, refOf, type KubeObject, type ObjectRef } from '@flotilla/common/kube/object';
import { KubeApiError } from '../kube/errors.js';
import type { ApplyContext } from './apply-context.js';
import { isCreateOnly, isExcluded, isForced, isLeftAlone, isMerged, isOwnedBy } from './controls.js';
import { hasDrifted } from './diff.js';
import type { SeenObject } from './drift/object-version.js';
import { dryRun } from './dry-run.js';
import { DryRunError, isImmutableError, messageOf } from './errors.js';
import { ignoredPointers } from './ignore/ignore-rules.js';
import { keepIgnored, withoutIgnored } from './ignore/keep-ignored.js';
import { pollUntil } from './poll.js';
import { takeOverPatch, type JsonPatch } from './take-over.js';
import { isEnding, waitUntilEnded } from './wait-until-ended.js';

/** What will be done to one object, as its dry-run says. */
export type ObjectPlan =
  /** `live` is the metadata of what is left alone and yet has to be known of when it changes. */
  | { action: 'skipped'; ref: ObjectRef; live?: KubeObject }
  | { action: 'unchanged'; ref: ObjectRef; live: KubeObject }
  | { action: 'settled'; ref: ObjectRef; seen: SeenObject }
  | {
      action: 'created';
      ref: ObjectRef;
      object: KubeObject;
      /** What the server would make of it. */
      result: KubeObject;
    }
  | {
      action: 'configured';
      ref: ObjectRef;
      object: KubeObject;
      live: KubeObject;
      result: KubeObject;
      takeOver: JsonPatch | undefined;
    };

/** The server takes the object only when the live one is deleted first, and that may be done. */
export interface Recreation {
  action: 'recreated';
  ref: ObjectRef;
  object: KubeObject;
  live: KubeObject;
}

/** Most deletions end in milliseconds; finalizers may take their time. */
const recreatePollMs = 2_000;

/**
 * As `judgeObject`; what has to be recreated is deleted already, for only then the server says more, and the end of a
 * definition that somebody has deleted has been waited for. @throws DryRunError, WaitError
 */
export async function planObject(
  context: ApplyContext,
  object: KubeObject,
  desired: string,
): Promise<ObjectPlan> {
  const first = await judgeObject(context, object, desired);
  const ending = 'live' in first && first.action !== 'skipped' && isEnding(first.live);
  if (ending) await waitUntilEnded(context, first.live);
  const judged = ending ? await judgeObject(context, object, desired) : first;
  return judged.action === 'recreated' ? planRecreated(context, judged) : judged;
}

/**
 * Asks the server what an apply would do (flux-compat 3.6, 4 to 7). The dry-run comes first: its result has no
 * resourceVersion when the object is new, and then the live object need not be read at all. Changes nothing.
 * @throws DryRunError
 */
export async function judgeObject(
  context: ApplyContext,
  object: KubeObject,
  desired: string,
): Promise<ObjectPlan | Recreation> {
  const { group, fieldManager } = context.options.owner;
  const ref = refOf(object);
  if (isExcluded(object, group)) return { action: 'skipped', ref };
  if (isCreateOnly(object, group)) {
    const found = await readMetadata(context, ref);
    if (found) return leftAlone(context, ref, found);
  } else {
    const seen = context.options.settled?.(ref, desired);
    if (seen) return { action: 'settled', ref, seen };
  }
  let outcome;
  try {
    outcome = await dryRun(context, object);
  } catch (error) {
    return judgeAfterRefusal(context, object, error);
  }
  const { object: accepted, result } = outcome;
  if (!result.metadata.resourceVersion) return { action: 'created', ref, object: accepted, result };
  const live = await read(context, ref);
  if (!live) return { action: 'created', ref, object: accepted, result };
  if (isLeftAlone(live, context.options.owner)) return leftAlone(context, ref, live);
  const merged = isMerged(object, group) || isMerged(live, group);
  const takeOver = merged ? undefined : takeOverPatch(live, takeOverOptions(context));
  const pointers = ignoredPointers(context.options.ignore, object);
  const [seen, wanted] = [withoutIgnored(live, pointers), withoutIgnored(result, pointers)];
  if (!takeOver && !hasDrifted(seen, wanted)) return { action: 'unchanged', ref, live };
  const kept = keepIgnored(accepted, {
    pointers,
    live,
    result,
    takeOver: merged ? undefined : takeOverOptions(context),
    fieldManager,
  });
  return { action: 'configured', ref, object: kept, live, result: wanted, takeOver };
}

export function takeOverOptions({ options }: ApplyContext): {
  fieldManager: string;
  overrideManagers: readonly string[];
} {
  return { fieldManager: options.owner.fieldManager, overrideManagers: options.overrideManagers };
}

/** The live object may be excluded from applies, or is to be recreated; else the server's answer stands. */
async function judgeAfterRefusal(
  context: ApplyContext,
  object: KubeObject,
  error: unknown,
): Promise<ObjectPlan | Recreation> {
  const { group } = context.options.owner;
  const ref = refOf(object);
  // No answer at all says nothing about the object.
  if (!(error instanceof KubeApiError)) throw new DryRunError(ref, error);
  const live = await read(context, ref).catch(() => undefined);
  if (live && isLeftAlone(live, context.options.owner)) return leftAlone(context, ref, live);
  const forced = context.options.force || isForced(object, group) || isForced(live, group);
  // What is not there has no immutable fields: the manifest itself is wrong.
  if (!live || !forced || !isImmutableError(error)) throw new DryRunError(ref, error);
  return { action: 'recreated', ref, object, live };
}

async function planRecreated(context: ApplyContext, { ref, object, live }: Recreation): Promise<ObjectPlan> {
  await deleteForRecreation(context, live);
  try {
    const { object: accepted, result } = await dryRun(context, object);
    return { action: 'created', ref, object: accepted, result };
  } catch (again) {
    throw new DryRunError(ref, again);
  }
}

async function deleteForRecreation(
  { client, clock, options }: ApplyContext,
  live: KubeObject,
): Promise<void> {
  const { signal } = options;
  const ref = refOf(live);
  const { uid } = live.metadata;
  const failed = (what: string, error: unknown): Error =>
    new Error(`${formatRef(ref)} immutable field detected, failed to ${what}: ${messageOf(error)}`, {
      cause: error,
    });
  try {
    await client.delete(ref, {
      propagation: 'Background',
      signal,
      ...(uid ? { preconditions: { uid } } : {}),
    });
  } catch (error) {
    throw failed('delete object', error);
  }
  try {
    await pollUntil(
      async () => (await client.get(ref, { metadataOnly: true, signal }))?.metadata.uid !== uid,
      { clock, maxDelayMs: recreatePollMs, signal },
    );
  } catch (error) {
    throw failed('wait for object to be deleted', error);
  }
}

/** An own object is made again when it is deleted, and applied again when it no longer says that it is to be left alone. */
function leftAlone({ options }: ApplyContext, ref: ObjectRef, live: KubeObject): ObjectPlan {
  return { action: 'skipped', ref, ...(isOwnedBy(live.metadata, options.owner) ? { live } : {}) };
}

async function readMetadata(
  { client, options }: ApplyContext,
  ref: ObjectRef,
): Promise<KubeObject | undefined> {
  try {
    return await client.get(ref, { metadataOnly: true, signal: options.signal });
  } catch (error) {
    throw new DryRunError(ref, error);
  }
}

async function read({ client, options }: ApplyContext, ref: ObjectRef): Promise<KubeObject | undefined> {
  try {
    return await client.get(ref, { signal: options.signal });
  } catch (error) {
    throw new DryRunError(ref, error);
  }
}
