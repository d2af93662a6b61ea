import type { KustomizationSpec } from '@flotilla/common/api/kustomization';
import type { KubeObject, ObjectRef } from '@flotilla/common/kube/object';
import type { KustomizationOptions } from './options.js';

/** The ServiceAccount that a Kustomization acts as; undefined where it acts as the agent (flux-compat 3.2, 10). */
export function serviceAccountFor(
  { metadata, spec }: KubeObject,
  { defaultServiceAccount }: Pick<KustomizationOptions, 'defaultServiceAccount'>,
): ObjectRef | undefined {
  const name = (spec as Partial<KustomizationSpec> | undefined)?.serviceAccountName || defaultServiceAccount;
  if (!name) return undefined;
  return { apiVersion: 'v1', kind: 'ServiceAccount', namespace: metadata.namespace ?? '', name };
}

/** Its name as the API server's authorisation knows it. */
export function userOf({ namespace, name }: ObjectRef): string {
  return `system:serviceaccount:${namespace}:${name}`;
}
