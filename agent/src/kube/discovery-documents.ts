import { z } from 'zod';
import type { ResourceInfo } from './client.js';

/** Asks for aggregated discovery, newest form first, and takes the old form too. */
export const aggregatedAccept = ['v2', 'v2beta1']
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .concat('application/json')
  .join(',');

export function isAggregated(contentType: string): boolean {
  return contentType.includes('as=APIGroupDiscoveryList');
}

const resourceListSchema = z.object({
  resources: z
    .array(
      z.object({
        name: z.string(),
        kind: z.string(),
        namespaced: z.boolean(),
        verbs: z.array(z.string()).nullish(),
      }),
    )
    .nullish(),
});

const aggregatedSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string().optional() }).optional(),
      versions: z
        .array(
          z.object({
            version: z.string(),
            freshness: z.string().optional(),
            resources: z
              .array(
                z.object({
                  resource: z.string(),
                  responseKind: z.object({ kind: z.string() }).nullish(),
                  scope: z.string(),
                  verbs: z.array(z.string()).nullish(),
                  subresources: z.array(z.object({ subresource: z.string() })).nullish(),
                }),
              )
              .nullish(),
          }),
        )
        .nullish(),
    }),
  ),
});

/** Reads an APIResourceList: the kinds of one group version. */
export function readResourceList(apiVersion: string, document: unknown): Map<string, ResourceInfo> {
  const resources = resourceListSchema.parse(document).resources ?? [];
  const kinds = new Map<string, ResourceInfo>();
  for (const { name, kind, namespaced, verbs } of resources) {
    if (name.includes('/') || kinds.has(kind)) continue;
    const subresources = resources
      .filter((other) => other.name.startsWith(`${name}/`))
      .map((other) => other.name.slice(name.length + 1));
    kinds.set(kind, { apiVersion, kind, resource: name, namespaced, verbs: verbs ?? [], subresources });
  }
  return kinds;
}

/**
 * Reads an APIGroupDiscoveryList (v2 or v2beta1): kinds by group version. A stale version, one whose extension server
 * is down, is left out: it is asked for on its own, and then the server says what is wrong.
 */
export function readAggregated(document: unknown): Map<string, Map<string, ResourceInfo>> {
  const found = new Map<string, Map<string, ResourceInfo>>();
  for (const group of aggregatedSchema.parse(document).items) {
    const prefix = group.metadata?.name ? `${group.metadata.name}/` : '';
    for (const { version, freshness, resources } of group.versions ?? []) {
      if (freshness === 'Stale') continue;
      const apiVersion = `${prefix}${version}`;
      const kinds = new Map<string, ResourceInfo>();
      for (const entry of resources ?? []) {
        const kind = entry.responseKind?.kind;
        if (!kind || kinds.has(kind)) continue;
        kinds.set(kind, {
          apiVersion,
          kind,
          resource: entry.resource,
          namespaced: entry.scope === 'Namespaced',
          verbs: entry.verbs ?? [],
          subresources: (entry.subresources ?? []).map((sub) => sub.subresource),
        });
      }
      found.set(apiVersion, kinds);
    }
  }
  return found;
}
