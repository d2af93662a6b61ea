import type { KubeObject, TypeRef } from '@flotilla/common/kube/object';
import type { KubeList, KubeReader, KubeWatcher } from '../../kube/client.js';
import { isApiError } from '../../kube/errors.js';
import { sleep, type Clock } from '../../runtime/clock.js';

export interface KindWatchOptions {
  client: Pick<KubeReader, 'list'> & KubeWatcher;
  type: TypeRef;
  labelSelector: string;
  clock: Clock;
  /** 0 <= r < 1, so that watches that broke together do not come back together. */
  random: () => number;
  signal: AbortSignal;
  /** The whole truth; at the start and whenever the server cannot tell what happened since. */
  onList(list: KubeList): void;
  onChange(object: KubeObject, gone: boolean): void;
  /** The watch is blind until it works again; it goes on trying. */
  onProblem(error: unknown): void;
}

const firstDelayMs = 200;
const longestDelayMs = 30_000;

/** Lists and watches the metadata of a kind until the signal is aborted. Lives through everything the server does. */
export async function watchKind(options: KindWatchOptions): Promise<void> {
  const { clock, random, signal } = options;
  const position: Position = { resourceVersion: undefined, failures: 0 };
  while (!signal.aborted) {
    const started = clock.monotonic();
    try {
      await followOnce(options, position);
      // An old server may end watches at once; without a pause that would be a storm of requests.
      if (clock.monotonic() - started < firstDelayMs) position.failures += 1;
    } catch (error) {
      if (signal.aborted) return;
      position.failures += 1;
      if (mustListAgain(error)) position.resourceVersion = undefined;
      // Compaction is everyday life; everything else is worth a line.
      if (!isApiError(error, 410)) options.onProblem(error);
    }
    if (position.failures === 0) continue;
    const delayMs = Math.min(firstDelayMs * 2 ** (position.failures - 1), longestDelayMs);
    await sleep(clock, delayMs * (0.5 + random() / 2), signal).catch(() => undefined);
  }
}

interface Position {
  resourceVersion: string | undefined;
  /** In a row. */
  failures: number;
}

async function followOnce(options: KindWatchOptions, position: Position): Promise<void> {
  const { client, type, labelSelector, signal } = options;
  const common = { labelSelector, metadataOnly: true, signal };
  if (position.resourceVersion === undefined) {
    const list = await client.list(type, common);
    position.resourceVersion = list.resourceVersion;
    options.onList(list);
  }
  for await (const event of client.watch(type, { ...common, resourceVersion: position.resourceVersion })) {
    position.failures = 0;
    if (event.type === 'BOOKMARK') {
      position.resourceVersion = event.resourceVersion;
      continue;
    }
    position.resourceVersion = event.object.metadata.resourceVersion ?? position.resourceVersion;
    options.onChange(event.object, event.type === 'DELETED');
  }
}

/** The place is lost when history is compacted, and when the kind itself went away: its objects went with it. */
function mustListAgain(error: unknown): boolean {
  return isApiError(error, 410) || isApiError(error, 404) || isApiError(error, 400);
}
