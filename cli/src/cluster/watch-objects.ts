import type { KubeClient } from '@flotilla/agent/kube/client';
import type { KubeObject } from '@flotilla/common/kube/object';
import { formatName } from '@flotilla/common/kube/object';
import { sleep } from '../sleep.js';
import type { FluxKind } from './kinds.js';
import type { ListFilter } from './list-objects.js';
import { byName, listObjects, serverFilter, statusFilter } from './list-objects.js';

export interface ObjectChange {
  readonly kind: FluxKind;
  /** All that pass the filter now, by name. */
  readonly objects: readonly KubeObject[];
  /** Why they may be old; empty when they are not. */
  readonly note: string;
}

const firstPauseMs = 500;
const longestPauseMs = 10_000;

/** Tells the objects of a kind now and after every change, until the signal is aborted. */
export async function watchObjects(
  client: KubeClient,
  kind: FluxKind,
  filter: ListFilter,
  signal: AbortSignal,
  tell: (change: ObjectChange) => void,
): Promise<void> {
  const hasStatus = statusFilter(filter.statusSelector);
  let shown: readonly KubeObject[] | undefined;
  let pauseMs = firstPauseMs;
  while (!signal.aborted) {
    try {
      // A watch also tells what the filter of conditions hides now and may pass later.
      const { statusSelector: _, ...served } = filter;
      const known = await listByName(client, kind, served, signal, shown !== undefined);
      const show = () => {
        shown = [...known.objects.values()].filter(hasStatus).sort(byName);
        tell({ kind, objects: shown, note: '' });
      };
      show();
      pauseMs = firstPauseMs;
      await followWatch(client, kind, served, known, signal, show);
    } catch (error) {
      if (signal.aborted) return;
      if (shown === undefined || !isPassing(error)) throw error;
      if (!isExpired(error)) {
        tell({ kind, objects: shown, note: `${(error as Error).message}; this is old` });
        await sleep(pauseMs, signal);
        pauseMs = Math.min(longestPauseMs, pauseMs * 2);
      }
    }
  }
}

interface Known {
  resourceVersion: string;
  readonly objects: Map<string, KubeObject>;
}

async function listByName(
  client: KubeClient,
  kind: FluxKind,
  filter: ListFilter,
  signal: AbortSignal,
  again: boolean,
): Promise<Known> {
  // The first time a named object has to be there; later it may have been deleted.
  if (!again) await listObjects(client, kind, filter, signal);
  const list = await client.list(kind, { ...serverFilter(filter), signal });
  return {
    resourceVersion: list.resourceVersion,
    objects: new Map(list.items.map((item) => [keyOf(item), item])),
  };
}

async function followWatch(
  client: KubeClient,
  kind: FluxKind,
  filter: ListFilter,
  known: Known,
  signal: AbortSignal,
  show: () => void,
): Promise<void> {
  while (!signal.aborted) {
    const events = client.watch(kind, {
      ...serverFilter(filter),
      resourceVersion: known.resourceVersion,
      signal,
    });
    for await (const event of events) {
      if (event.type === 'BOOKMARK') {
        known.resourceVersion = event.resourceVersion;
        continue;
      }
      known.resourceVersion = event.object.metadata.resourceVersion ?? known.resourceVersion;
      if (event.type === 'DELETED') known.objects.delete(keyOf(event.object));
      else known.objects.set(keyOf(event.object), event.object);
      show();
    }
  }
}

function keyOf({ metadata }: KubeObject): string {
  return formatName({ namespace: metadata.namespace ?? '', name: metadata.name });
}

/** A watch that is too old begins again with a list, at once. */
function isExpired(error: unknown): boolean {
  return (
    (error as { name?: string; code?: unknown }).name === 'KubeApiError' &&
    (error as { code?: unknown }).code === 410
  );
}

/** Servers go away and come back; a server that refuses does not change its mind. */
function isPassing(error: unknown): boolean {
  const { name, code } = error as { name?: string; code?: unknown };
  if (name === 'KubeConnectionError') return true;
  return (
    name === 'KubeApiError' && (code === 410 || code === 429 || (typeof code === 'number' && code >= 500))
  );
}
