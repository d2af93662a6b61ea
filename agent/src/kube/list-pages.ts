import type { KubeObject, TypeRef } from '@flotilla/common/kube/object';
import type { KubeList, ListOptions } from './client.js';
import { isApiError } from './errors.js';
import { parseJson } from './json.js';
import { errorOfAnswer } from './status-error.js';
import type { TransportAnswer } from './transport.js';

type Send = (
  query: Record<string, string | undefined>,
  headers: Record<string, string>,
) => Promise<TransportAnswer>;

interface ListBody {
  metadata?: { resourceVersion?: string; continue?: string };
  items?: KubeObject[] | null;
}

const partialMetadataList =
  'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';
const defaultPageSize = 500;

/**
 * Reads a list page by page. All pages show the same moment; when that moment is compacted away while we read (410),
 * the list is read once more in a single answer, which cannot expire.
 */
export async function listPages(type: TypeRef, options: ListOptions, send: Send): Promise<KubeList> {
  try {
    return await readPages(type, options, options.pageSize ?? defaultPageSize, send);
  } catch (error) {
    if (!isApiError(error, 410)) throw error;
    return readPages(type, options, 0, send);
  }
}

async function readPages(
  type: TypeRef,
  options: ListOptions,
  pageSize: number,
  send: Send,
): Promise<KubeList> {
  const headers: Record<string, string> = options.metadataOnly ? { accept: partialMetadataList } : {};
  const items: KubeObject[] = [];
  let continueAt: string | undefined;
  for (;;) {
    const answer = await send(
      {
        limit: pageSize > 0 ? String(pageSize) : undefined,
        continue: continueAt,
        labelSelector: options.labelSelector,
        fieldSelector: options.fieldSelector,
      },
      headers,
    );
    if (answer.code !== 200) throw errorOfAnswer(answer);
    const body = parseJson(answer.text) as ListBody;
    for (const item of body.items ?? []) {
      // Items of built-in kinds come without apiVersion and kind.
      const object: KubeObject = { ...item, apiVersion: type.apiVersion, kind: type.kind };
      items.push(options.transform ? options.transform(object) : object);
    }
    continueAt = body.metadata?.continue || undefined;
    if (!continueAt) return { resourceVersion: body.metadata?.resourceVersion ?? '', items };
  }
}
