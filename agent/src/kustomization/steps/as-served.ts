import { inventoryEntry, refOfEntry, type InventoryEntry } from '@flotilla/common/inventory/inventory';
import { groupOf, type KubeObject, type ObjectRef, type TypeRef } from '@flotilla/common/kube/object';
import type { KubeDiscovery } from '../../kube/client.js';
import { isCustomResourceDefinition } from '../../ssa/stages.js';
import { isNamespaced } from '../build/plain/set-namespace.js';
import type { Run } from '../run.js';

/** Further kinds of Kubernetes that are in a namespace; nobody has to be asked. */
const namespacedToo = new Set([
  '/Endpoints',
  '/ReplicationController',
  'coordination.k8s.io/Lease',
  'discovery.k8s.io/EndpointSlice',
  'rbac.authorization.k8s.io/RoleBinding',
]);

/** The cluster that is asked. */
export interface Served {
  readonly discovery: KubeDiscovery;
  readonly signal: AbortSignal;
}

/** The cluster that a run acts on. */
export function servedBy({ cluster, signal }: Run): Served {
  return { discovery: cluster.client.discovery, signal };
}

/**
 * The objects as the server names them. kustomize puts the namespace into every kind that it does not know, also into
 * kinds that have none, and the server drops it there. So does this, before an inventory id is made of it: under an id
 * of its own for each namespace, the object that has just been applied would be stale when the namespace changes, or
 * when Flux has written the inventory.
 */
export async function asServed(objects: readonly KubeObject[], served: Served): Promise<KubeObject[]> {
  const definitions = scopesOf(objects);
  const placed = objects.filter(({ metadata }) => metadata.namespace);
  const clusterWide = await clusterWideTypes(placed, definitions, served);
  return objects.map((object) => {
    if (!object.metadata.namespace || !clusterWide.has(keyOf(object))) return object;
    const { namespace: _, ...metadata } = object.metadata;
    return { ...object, metadata };
  });
}

/** The same for an inventory that somebody else, or an earlier version, may have written. */
export async function entriesAsServed(
  entries: readonly InventoryEntry[],
  served: Served,
): Promise<readonly InventoryEntry[]> {
  const placed = entries.flatMap((entry) => refsIn(entry)).filter(({ namespace }) => namespace);
  const clusterWide = await clusterWideTypes(placed, new Map(), served);
  if (clusterWide.size === 0) return entries;
  const named = new Map<string, InventoryEntry>();
  for (const entry of entries) {
    const [ref] = refsIn(entry);
    const own = ref && clusterWide.has(keyOf(ref)) ? entryOf(ref) : entry;
    named.set(own.id, own);
  }
  return [...named.values()];
}

function entryOf({ apiVersion, kind, name }: ObjectRef): InventoryEntry {
  return inventoryEntry({ apiVersion, kind, name });
}

/** By `group/Kind`, true for cluster-wide: what this build defines is served only after its apply. */
function scopesOf(objects: readonly KubeObject[]): Map<string, boolean> {
  const scopes = new Map<string, boolean>();
  for (const object of objects.filter(isCustomResourceDefinition)) {
    const spec = (object.spec ?? {}) as { group?: string; scope?: string; names?: { kind?: string } };
    scopes.set(`${spec.group}/${spec.names?.kind}`, spec.scope === 'Cluster');
  }
  return scopes;
}

async function clusterWideTypes(
  types: readonly TypeRef[],
  definitions: ReadonlyMap<string, boolean>,
  served: Served,
): Promise<Set<string>> {
  const open = types.filter((type) => !isNamespaced(type) && !namespacedToo.has(kindOf(type)));
  const distinct = new Map(open.map((type) => [keyOf(type), type]));
  const clusterWide = new Set<string>();
  for (const [key, type] of distinct) {
    const defined = definitions.get(kindOf(type));
    if (defined ?? (await isClusterWide(type, served))) clusterWide.add(key);
  }
  return clusterWide;
}

/** What the server does not know, or does not tell, stays as it is: the apply has the words for it. */
async function isClusterWide(type: TypeRef, { discovery, signal }: Served): Promise<boolean> {
  try {
    return !(await discovery.resource(type, { signal })).namespaced;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

function kindOf({ apiVersion, kind }: TypeRef): string {
  return `${groupOf(apiVersion)}/${kind}`;
}

function keyOf({ apiVersion, kind }: TypeRef): string {
  return `${apiVersion}/${kind}`;
}

/** Nothing for an entry that names no object. */
function refsIn(entry: InventoryEntry): ObjectRef[] {
  try {
    return [refOfEntry(entry)];
  } catch {
    return [];
  }
}
