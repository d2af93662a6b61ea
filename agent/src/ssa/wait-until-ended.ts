import { formatRef, refOf, type KubeObject } from '@flotilla/common/kube/object';
import type { ApplyContext } from './apply-context.js';
import { DryRunError, WaitError } from './errors.js';
import { pollUntil, withTimeout } from './poll.js';
import { isDefinition } from './stages.js';

/** As long as a stage waits for its definitions. */
const timeoutMs = 60_000;
const pollMs = 2_000;

/** True for a Namespace or another definition that somebody has deleted and that is not gone yet. */
export function isEnding(live: KubeObject): boolean {
  return live.metadata.deletionTimestamp !== undefined && isDefinition(live);
}

/**
 * Waits until an object that is being deleted is gone: before that nothing can be made in it, and it would go with it.
 * @throws WaitError, DryRunError
 */
export async function waitUntilEnded(
  { client, clock, options }: ApplyContext,
  live: KubeObject,
): Promise<void> {
  const ref = refOf(live);
  const deadline = withTimeout(clock, timeoutMs, options.signal);
  const { signal } = deadline;
  try {
    await pollUntil(
      async () => (await client.get(ref, { metadataOnly: true, signal }))?.metadata.uid !== live.metadata.uid,
      { clock, maxDelayMs: pollMs, signal },
    );
  } catch (error) {
    if (deadline.expired())
      throw new WaitError('timeout', `timeout waiting for: [${formatRef(ref)} status: 'Terminating']`);
    options.signal.throwIfAborted();
    throw new DryRunError(ref, error);
  } finally {
    deadline.cancel();
  }
}
