import { formatRef, groupOf } from '@flotilla/common/kube/object';
import type { ResourceInfo } from './client.js';

export interface PathTarget {
  namespace?: string | undefined;
  name?: string;
  subresource?: string;
  query?: Readonly<Record<string, string | undefined>>;
}

/** The path of a group version, e.g. `/apis/apps/v1`; `/api/v1` for the core group. */
export function groupVersionPath(apiVersion: string): string {
  return groupOf(apiVersion) === ''
    ? `/api/${segment(apiVersion)}`
    : `/apis/${apiVersion.split('/').map(segment).join('/')}`;
}

/** The path of one object, or of a kind in one or all namespaces. @throws Error when a namespaced object has none */
export function resourcePath(info: ResourceInfo, target: PathTarget): string {
  const { namespace, name, subresource } = target;
  if (name !== undefined) requireNamespace(info, { name, namespace });
  const scope = info.namespaced && namespace ? `/namespaces/${segment(namespace)}` : '';
  const object = name === undefined ? '' : `/${segment(name)}`;
  const tail = subresource === undefined ? '' : `/${subresource}`;
  return `${groupVersionPath(info.apiVersion)}${scope}/${info.resource}${object}${tail}${queryOf(target.query)}`;
}

/** @throws Error when an object of a namespaced kind has no namespace */
export function requireNamespace(
  info: ResourceInfo,
  target: { name: string; namespace?: string | undefined },
): void {
  if (!info.namespaced || target.namespace) return;
  throw new Error(
    `${formatRef({ kind: info.kind, name: target.name })}: namespace is not set, but ${info.kind} is a namespaced kind`,
  );
}

function queryOf(query: PathTarget['query']): string {
  let text = '';
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) text += `${text === '' ? '?' : '&'}${name}=${encodeURIComponent(value)}`;
  }
  return text;
}

/** A name comes from Git or a user: it must not climb to another path. */
function segment(value: string): string {
  if (value === '' || value === '.' || value === '..')
    throw new Error(`${JSON.stringify(value)} is not a name`);
  return encodeURIComponent(value);
}
