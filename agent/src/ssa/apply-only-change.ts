import { refOf, type KubeObject } from '@flotilla/common/kube/object';
import { KubeApiError } from '../kube/errors.js';
import type { ApplyContext } from './apply-context.js';
import type { ChangeSetEntry } from './changeset.js';
import { isCreateOnly, isExcluded } from './controls.js';
import { desiredDigest } from './desired-digest.js';
import { versionOf, type SeenObject } from './drift/object-version.js';

/**
 * A stage of which a single object is declared in another way than at the last apply, while nothing in the cluster has
 * moved: the usual commit. Its apply is its own dry-run, since a refusal leaves the whole stage as it was; nor need the
 * live object be read, since nobody has written it since it was taken over. Gives undefined where more is to be done or
 * the server refuses; then the general way has to be taken, which finds the words for it.
 */
export async function applyOnlyChange(
  context: ApplyContext,
  objects: readonly KubeObject[],
): Promise<ChangeSetEntry[] | undefined> {
  const { owner, settled, untouched } = context.options;
  if (!settled || !untouched) return undefined;
  const entries: ChangeSetEntry[] = [];
  let change: { object: KubeObject; seen: SeenObject; desired: string; index: number } | undefined;
  for (const object of objects) {
    if (isExcluded(object, owner.group) || isCreateOnly(object, owner.group)) return undefined;
    const ref = refOf(object);
    const desired = desiredDigest(object, context.options);
    const same = settled(ref, desired);
    const seen = same ?? untouched(ref);
    // Of what was left alone nobody knows whether it may be written.
    if (!seen || seen.skipped || (!same && change)) return undefined;
    if (!same) change = { object, seen, desired, index: entries.length };
    entries.push({ ref, action: 'unchanged', desired, settled: seen });
  }
  if (change) {
    const { object, seen, desired, index } = change;
    const applied = await tryApply(context, object, seen, desired);
    if (!applied) return undefined;
    entries[index] = applied;
  }
  return entries;
}

async function tryApply(
  { client, options }: ApplyContext,
  object: KubeObject,
  seen: SeenObject,
  desired: string,
): Promise<ChangeSetEntry | undefined> {
  const { owner, signal } = options;
  try {
    const live = await client.apply(object, { fieldManager: owner.fieldManager, force: true, signal });
    const action = isSame(seen, live)
      ? 'unchanged'
      : live.metadata.uid === seen.version.uid
        ? 'configured'
        : 'created';
    return { ref: refOf(object), action, desired, live };
  } catch (error) {
    if (error instanceof KubeApiError) return undefined;
    throw error;
  }
}

/** What the server fills in anyway may be declared now: then only the owner of a field is another. */
function isSame({ version }: SeenObject, { metadata }: KubeObject): boolean {
  const now = versionOf(metadata);
  if (now.uid !== version.uid) return false;
  if (now.resourceVersion === version.resourceVersion) return true;
  return now.generation !== undefined && now.generation === version.generation && now.texts === version.texts;
}
