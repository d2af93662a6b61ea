import { vanishedStatus } from '@flotilla/common/kstatus/vanished';
import { formatRef, type KubeObject } from '@flotilla/common/kube/object';
import type { KubeReader } from '../kube/client.js';
import type { Clock } from '../runtime/clock.js';
import { mapConcurrently } from './concurrency.js';
import type { ReadStatus, StatusResult, WaitOptions, WaitTarget } from './engine.js';
import { messageOf, WaitError } from './errors.js';
import { pollUntil, withTimeout } from './poll.js';

export interface WaitContext {
  client: Pick<KubeReader, 'get'>;
  clock: Clock;
  readStatus: ReadStatus;
  /** Reads in flight. */
  concurrency: number;
  /** The longest pause between two rounds. */
  maxDelayMs: number;
}

/** One watched object and what is known of it. */
interface Watched extends WaitTarget {
  status?: StatusResult;
  /** How the object looked when it was there last. */
  known?: KubeObject;
}

/**
 * Polls until all objects are Current at once (flux-compat 3.8). Only those that were not are read again; a last round
 * over all makes sure that none has fallen back meanwhile.
 * @throws WaitError; the signal's reason when it is aborted
 */
export async function waitUntilCurrent(
  context: WaitContext,
  targets: readonly WaitTarget[],
  options: WaitOptions,
): Promise<void> {
  const watched: Watched[] = targets.map((target) => ({ ...target }));
  const readStatus = withOwnRules(options.readStatus ?? context.readStatus, options.statusOf);
  const deadline = withTimeout(context.clock, options.timeoutMs, options.signal);
  const look = async (some: Watched[]): Promise<boolean> => {
    await mapConcurrently(some, context.concurrency, (one) =>
      observe(context, one, readStatus, deadline.signal),
    );
    if ((options.failFast ?? true) && watched.some(isFailed)) throw stalled(watched);
    return watched.every(isCurrent);
  };
  let rounds = 0;
  try {
    await pollUntil(
      async () => {
        rounds += 1;
        if (!(await look(watched.filter((one) => !isCurrent(one))))) return false;
        return rounds === 1 || look(watched);
      },
      { clock: context.clock, maxDelayMs: context.maxDelayMs, signal: deadline.signal },
    );
  } catch (error) {
    if (deadline.expired()) throw timedOut(watched);
    throw error;
  } finally {
    deadline.cancel();
  }
}

async function observe(
  context: WaitContext,
  one: Watched,
  readStatus: ReadStatus,
  signal: AbortSignal,
): Promise<void> {
  try {
    const object = one.live ?? (await context.client.get(one.ref, { signal }));
    delete one.live;
    if (object) one.known = object;
    // A Job that cleans up after itself has finished when it is gone.
    const vanished = !object && one.known ? vanishedStatus(one.known) : undefined;
    one.status = vanished?.status === 'Current' ? vanished : await readStatus(object, one.ref, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    // A server that is away for a moment must not end a wait of minutes; the text says so if it stays away.
    one.status = { status: 'Unknown', message: messageOf(error) };
  }
}

function withOwnRules(readStatus: ReadStatus, statusOf: WaitOptions['statusOf']): ReadStatus {
  if (!statusOf) return readStatus;
  return (object, ref, signal) => (object && statusOf(object)) ?? readStatus(object, ref, signal);
}

function isCurrent(one: Watched): boolean {
  return one.status?.status === 'Current';
}

function isFailed(one: Watched): boolean {
  return one.status?.status === 'Failed';
}

function stalled(watched: readonly Watched[]): WaitError {
  return new WaitError(
    'stalled',
    `failed early due to stalled resources: [${watched.filter(isFailed).map(describe).join(', ')}]`,
  );
}

function timedOut(watched: readonly Watched[]): WaitError {
  const left = watched.filter((one) => !isCurrent(one));
  return new WaitError('timeout', `timeout waiting for: [${left.map(describe).join(', ')}]`);
}

function describe({ ref, status }: Watched): string {
  if (!status) return `can't determine status for ${formatRef(ref)}`;
  // Not found is an object that is still to come (flux-compat 3.8).
  const name = status.status === 'NotFound' ? 'InProgress' : status.status;
  const tellsWhy = name === 'Failed' || name === 'Unknown';
  return `${formatRef(ref)} status: '${name}'${tellsWhy && status.message ? `: ${status.message}` : ''}`;
}
