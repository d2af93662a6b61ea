import type { KubeClient } from '@flotilla/agent/kube/client';
import type { InventoryEntry } from '@flotilla/common/inventory/inventory';
import { refOfEntry } from '@flotilla/common/inventory/inventory';
import { fieldAt } from '@flotilla/common/kstatus/fields';
import type { KubeObject, ObjectRef } from '@flotilla/common/kube/object';
import { formatRef, groupOf } from '@flotilla/common/kube/object';
import { kustomizationKind } from './kinds.js';

/** An object and what it has applied. */
export interface ResourceTree {
  readonly ref: ObjectRef;
  readonly children: readonly ResourceTree[];
}

export interface TreeOptions {
  /** Only objects of Flux's own kinds. */
  readonly compact: boolean;
  readonly signal: AbortSignal;
}

const fluxGroups = /(?:^|\.)toolkit\.fluxcd\.io$/;

/** What a Kustomization has applied, through all Kustomizations below it. */
export async function resourceTree(
  client: KubeClient,
  root: KubeObject,
  options: TreeOptions,
): Promise<ResourceTree> {
  const { namespace = '', name } = root.metadata;
  const { apiVersion, kind } = kustomizationKind;
  return grow(client, { apiVersion, kind, namespace, name }, root, options, new Set());
}

async function grow(
  client: KubeClient,
  ref: ObjectRef,
  object: KubeObject | undefined,
  options: TreeOptions,
  above: ReadonlySet<string>,
): Promise<ResourceTree> {
  const path = new Set(above).add(formatRef(ref));
  // What is applied to another cluster cannot be looked up in this one.
  const isRemote = fieldAt(object, 'spec', 'kubeConfig') !== undefined;
  const children: ResourceTree[] = [];
  for (const child of inventoryRefs(object)) {
    if (options.compact && !fluxGroups.test(groupOf(child.apiVersion))) continue;
    // The root of a cluster usually applies itself.
    const isNested = isKustomization(child) && !isRemote && !path.has(formatRef(child));
    const nested = isNested ? await client.get(child, { signal: options.signal }) : undefined;
    children.push(nested ? await grow(client, child, nested, options, path) : { ref: child, children: [] });
  }
  return { ref, children };
}

function isKustomization(ref: ObjectRef): boolean {
  return (
    ref.kind === kustomizationKind.kind && groupOf(ref.apiVersion) === groupOf(kustomizationKind.apiVersion)
  );
}

function inventoryRefs(object: KubeObject | undefined): ObjectRef[] {
  const entries = fieldAt(object, 'status', 'inventory', 'entries');
  return Array.isArray(entries) ? entries.map((entry) => refOfEntry(entry as InventoryEntry)) : [];
}

/** Lines of a tree: the root, and below it every object as `Kind/namespace/name`. */
export function treeLines(tree: ResourceTree): string[] {
  return [formatRef(tree.ref), ...branchLines(tree.children, '')];
}

function branchLines(children: readonly ResourceTree[], margin: string): string[] {
  return children.flatMap((child, index) => {
    const isLast = index === children.length - 1;
    const line = `${margin}${isLast ? '└── ' : '├── '}${formatRef(child.ref)}`;
    return [line, ...branchLines(child.children, `${margin}${isLast ? '    ' : '│   '}`)];
  });
}

/** A tree as data, in the shape that Flux's own command gives. */
export interface TreeData {
  readonly resource: {
    readonly Namespace: string;
    readonly Name: string;
    readonly GroupKind: { readonly Group: string; readonly Kind: string };
  };
  readonly resources?: readonly TreeData[];
}

export function treeData({ ref, children }: ResourceTree): TreeData {
  const { namespace = '', name, kind, apiVersion } = ref;
  return {
    resource: { Namespace: namespace, Name: name, GroupKind: { Group: groupOf(apiVersion), Kind: kind } },
    ...(children.length === 0 ? {} : { resources: children.map(treeData) }),
  };
}
