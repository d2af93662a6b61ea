import { formatRef, type ObjectRef } from '@flotilla/common/kube/object';
import type { KubeReader } from '../kube/client.js';
import { NoKindMatchError } from '../kube/errors.js';
import type { Clock } from '../runtime/clock.js';
import { mapConcurrently } from './concurrency.js';
import type { TerminationOptions } from './engine.js';
import { WaitError } from './errors.js';
import { pollUntil, withTimeout } from './poll.js';

const maxDelayMs = 2_000;
const concurrency = 4;

/** Polls until the server has none of the objects any more (flux-compat 3.9). @throws WaitError that names the first one left */
export async function waitForTermination(
  { client, clock }: { client: Pick<KubeReader, 'get'>; clock: Clock },
  refs: readonly ObjectRef[],
  options: TerminationOptions,
): Promise<void> {
  const deadline = withTimeout(clock, options.timeoutMs, options.signal);
  let left = refs;
  try {
    await pollUntil(
      async () => {
        const found = await mapConcurrently(left, concurrency, (ref) =>
          client.get(ref, { metadataOnly: true, signal: deadline.signal }).catch(ofUnknownKind),
        );
        left = left.filter((_, index) => found[index] !== undefined);
        return left.length === 0;
      },
      { clock, maxDelayMs, signal: deadline.signal },
    );
  } catch (error) {
    if (!deadline.expired()) throw error;
    const first = left[0];
    throw new WaitError(
      'timeout',
      `${first ? formatRef(first) : 'objects'} termination timeout: context deadline exceeded`,
    );
  } finally {
    deadline.cancel();
  }
}

/** With its definition a kind goes, and no object of it is left. @throws every other error */
function ofUnknownKind(error: unknown): undefined {
  if (!(error instanceof NoKindMatchError)) throw error;
  return undefined;
}
