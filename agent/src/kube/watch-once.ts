import type { KubeObject } from '@flotilla/common/kube/object';
import type { ResourceInfo, WatchEvent, WatchOptions } from './client.js';
import { resourcePath } from './resource-path.js';
import type { StatusBody } from './status-error.js';
import { errorOfStatus } from './status-error.js';
import type { KubeTransport } from './transport.js';
import { readJsonLines } from './watch-lines.js';

/** Servers send a bookmark about every minute; after this much silence the connection is taken for dead. */
const idleMs = 150_000;
const minWatchSeconds = 300;
const partialMetadata = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json';

interface RawEvent {
  type?: string;
  object?: KubeObject;
}

/**
 * One watch request of 5 to 10 minutes; the spread keeps a fleet's watches from ending together. Ends without an error
 * when the server ends it.
 */
export async function* watchOnce(
  transport: KubeTransport,
  info: ResourceInfo,
  options: WatchOptions,
  identity: Readonly<Record<string, string>>,
  random: () => number,
): AsyncGenerator<WatchEvent> {
  const timeoutSeconds = options.timeoutSeconds ?? Math.round(minWatchSeconds * (1 + random()));
  const path = resourcePath(info, {
    namespace: options.namespace,
    query: {
      watch: '1',
      allowWatchBookmarks: 'true',
      resourceVersion: options.resourceVersion,
      timeoutSeconds: String(timeoutSeconds),
      labelSelector: options.labelSelector,
      fieldSelector: options.fieldSelector,
    },
  });
  const chunks = await transport.stream(
    {
      method: 'GET',
      path,
      headers: { ...identity, ...(options.metadataOnly ? { accept: partialMetadata } : {}) },
      ...(options.signal ? { signal: options.signal } : {}),
    },
    idleMs,
  );
  for await (const line of readJsonLines(chunks)) {
    const event = eventOf(line as RawEvent, info);
    if (event) yield event;
  }
}

function eventOf(raw: RawEvent, info: ResourceInfo): WatchEvent | undefined {
  const { type, object } = raw;
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return object && { type, object: { ...object, apiVersion: info.apiVersion, kind: info.kind } };
    case 'BOOKMARK':
      return object && { type, resourceVersion: object.metadata.resourceVersion ?? '' };
    case 'ERROR':
      throw errorOfStatus((object ?? {}) as unknown as StatusBody);
    default:
      // An event of a kind that a later server may add says nothing that we act on.
      return undefined;
  }
}
