import type { KubeClient } from '@flotilla/agent/kube/client';
import type { KubeObject } from '@flotilla/common/kube/object';
import { conditionsOf } from '@flotilla/common/kstatus/fields';
import { notFound, usageError } from '../errors/cli-error.js';
import type { FluxKind } from './kinds.js';

export interface ListFilter {
  /** Absent: all namespaces. */
  readonly namespace?: string;
  readonly name?: string;
  /** Labels of the objects. */
  readonly labelSelector?: string;
  /** `type=status` of a condition, e.g. `ready=false`. */
  readonly statusSelector?: string;
}

export interface ObjectList {
  /** Where a watch goes on. */
  readonly resourceVersion: string;
  readonly items: KubeObject[];
}

/** Objects of a kind that pass a filter, by namespace and name. @throws CliError when a named one is missing */
export async function listObjects(
  client: KubeClient,
  kind: FluxKind,
  filter: ListFilter,
  signal: AbortSignal,
): Promise<ObjectList> {
  const hasStatus = statusFilter(filter.statusSelector);
  const list = await client.list(kind, { ...serverFilter(filter), signal });
  if (filter.name !== undefined && list.items.length === 0)
    throw missing(kind, filter.name, filter.namespace);
  const items = list.items.filter((item) => isNamed(item, filter) && hasStatus(item)).sort(byName);
  return { resourceVersion: list.resourceVersion, items };
}

/** What the API server itself filters. */
export function serverFilter({ namespace, name, labelSelector }: ListFilter): {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
} {
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(name === undefined ? {} : { fieldSelector: `metadata.name=${name}` }),
  };
}

function isNamed({ metadata }: KubeObject, { name }: ListFilter): boolean {
  return name === undefined || metadata.name === name;
}

/** Reads `--status-selector`; neither type nor status has to match in case (flux-compat 9.2). */
export function statusFilter(text: string | undefined): (object: KubeObject) => boolean {
  if (text === undefined) return () => true;
  const match = /^([^=]+)=(.*)$/.exec(text);
  if (!match)
    throw usageError(
      `--status-selector ${JSON.stringify(text)}: expected type=status`,
      'for example --status-selector ready=false',
    );
  const [, type = '', status = ''] = match.map((part) => part.toLowerCase());
  return (object) =>
    conditionsOf(object).some(
      (condition) => condition.type.toLowerCase() === type && condition.status.toLowerCase() === status,
    );
}

export function byName(a: KubeObject, b: KubeObject): number {
  return (
    compare(a.metadata.namespace ?? '', b.metadata.namespace ?? '') ||
    compare(a.metadata.name, b.metadata.name)
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export function missing(kind: FluxKind, name: string, namespace: string | undefined): Error {
  return notFound(
    `${kind.kind} object '${name}' not found in ${inNamespace(namespace)} namespace`,
    namespace === undefined ? undefined : 'choose another namespace with -n, or all of them with -A',
  );
}

export function inNamespace(namespace: string | undefined): string {
  return namespace === undefined ? 'any' : `"${namespace}"`;
}
