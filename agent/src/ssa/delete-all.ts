import { formatRef, type KubeObject, type ObjectRef } from '@flotilla/common/kube/object';
import type { KubeReader, KubeWriter } from '../kube/client.js';
import { isApiError } from '../kube/errors.js';
import { compareForApply } from './apply-order.js';
import type { Action, ChangeSet, ChangeSetEntry } from './changeset.js';
import { isOwnedBy, isPruneDisabled } from './controls.js';
import { DefinedKinds } from './defined-kinds.js';
import type { DeleteOptions } from './engine.js';
import { DeleteError, messageOf } from './errors.js';

type Client = Pick<KubeReader, 'get' | 'list'> & Pick<KubeWriter, 'delete'>;

/**
 * Deletes what still belongs to the owner, in reverse apply order (flux-compat 3.7). One failure does not keep the
 * others: all are tried.
 * @throws DeleteError with the texts of all failures
 */
export async function deleteAll(
  client: Client,
  refs: readonly ObjectRef[],
  options: DeleteOptions,
): Promise<ChangeSet> {
  const entries: ChangeSetEntry[] = [];
  const errors: string[] = [];
  const kinds = new DefinedKinds(client, options.signal);
  for (const ref of refs.toSorted((a, b) => compareForApply(b, a))) {
    try {
      options.signal.throwIfAborted();
      entries.push({ ref, action: await deleteOne(client, ref, options) });
    } catch (error) {
      // Whoever deleted the definition of a kind has deleted its objects, too.
      if (error instanceof StepError && (await kinds.isGone(ref, error.cause))) {
        entries.push({ ref, action: 'deleted' });
        continue;
      }
      errors.push(
        error instanceof StepError ? error.message : `${formatRef(ref)} delete failed: ${messageOf(error)}`,
      );
      entries.push({ ref, action: 'unknown' });
    }
  }
  if (errors.length > 0) throw new DeleteError(errors, { entries });
  return { entries };
}

class StepError extends Error {}

/** An object may be replaced by another of its name between the read and the deletion; then it is judged anew. */
const attempts = 3;

async function deleteOne(client: Client, ref: ObjectRef, options: DeleteOptions): Promise<Action> {
  for (let attempt = 1; ; attempt++) {
    const live = await read(client, ref, options);
    if (!live) return 'deleted';
    if (!isToGo(live, options)) return 'skipped';
    const { uid } = live.metadata;
    try {
      await client.delete(ref, {
        propagation: 'Background',
        signal: options.signal,
        ...(uid ? { preconditions: { uid } } : {}),
      });
      return 'deleted';
    } catch (error) {
      if (attempt === attempts || !isApiError(error, 409)) throw error;
    }
  }
}

/** It belongs to the owner, and nothing says that it is to stay. */
export function isToGo(live: KubeObject, { owner, keep }: Pick<DeleteOptions, 'owner' | 'keep'>): boolean {
  if (keep?.has(live.metadata.uid ?? '')) return false;
  return isOwnedBy(live.metadata, owner) && !isPruneDisabled(live, owner.group);
}

async function read(
  client: Client,
  ref: ObjectRef,
  { signal }: DeleteOptions,
): Promise<KubeObject | undefined> {
  try {
    return await client.get(ref, { metadataOnly: true, signal });
  } catch (error) {
    throw new StepError(`${formatRef(ref)} query failed: ${messageOf(error)}`, { cause: error });
  }
}
