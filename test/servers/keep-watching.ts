// List and watch one resource until stopped, over failures and restarts of the API server.
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeRequester } from './kube-request.js';

export interface Listed {
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/**
 * Calls `handle` for every object of the collection `path` now, and again whenever it was added or modified. A slow
 * `handle` holds nothing up; it must not reject.
 */
export async function keepWatching<T extends Listed>(
  kube: KubeRequester,
  path: string,
  signal: AbortSignal,
  handle: (object: T) => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const list = await kube.call<{ metadata: { resourceVersion: string }; items: T[] }>({ path, signal });
      for (const object of list.items) void handle(object);
      const watch = `${path}?watch=true&allowWatchBookmarks=true&resourceVersion=${list.metadata.resourceVersion}`;
      for await (const line of kube.lines(watch, signal)) {
        const event = line as { type: string; object: T };
        if (event.type === 'ERROR') break;
        if (event.type === 'ADDED' || event.type === 'MODIFIED') void handle(event.object);
      }
    } catch {
      // The server is down or the watch too old: list again.
    }
    await sleep(200, undefined, { signal }).catch(() => undefined);
  }
}
