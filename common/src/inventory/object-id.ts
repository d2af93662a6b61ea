import { groupOf, type ObjectRef } from '../kube/object.js';

/** The parts of an inventory id. The version is no part: one object keeps its id when its API version changes. */
export interface ObjectIdParts {
  /** Empty for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
  /** Empty for the core group. */
  readonly group: string;
  readonly kind: string;
}

const rbacGroup = 'rbac.authorization.k8s.io';
const rbacKinds = new Set(['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding']);

/** `<namespace>_<name>_<group>_<kind>`; names of RBAC kinds may hold a colon, written as `__` (flux-compat 3.1). */
export function objectId(ref: ObjectRef): string {
  const group = groupOf(ref.apiVersion);
  const coded = group === rbacGroup && rbacKinds.has(ref.kind) ? ref.name.replaceAll(':', '__') : ref.name;
  return `${ref.namespace ?? ''}_${coded}_${group}_${ref.kind}`;
}

/** Reads an id from both ends; what is between is the name. Throws on text that is no id. */
export function parseObjectId(id: string): ObjectIdParts {
  const kindAt = id.lastIndexOf('_');
  const groupAt = kindAt < 1 ? -1 : id.lastIndexOf('_', kindAt - 1);
  const nameAt = id.indexOf('_');
  if (groupAt < 0 || nameAt === groupAt) throw invalid(id, 'expected <namespace>_<name>_<group>_<kind>');
  const coded = id.slice(nameAt + 1, groupAt);
  const name = coded.replaceAll('__', ':');
  const kind = id.slice(kindAt + 1);
  if (name === '' || kind === '') throw invalid(id, 'name or kind is empty');
  if (name.includes('_')) throw invalid(id, 'too many parts');
  return { namespace: id.slice(0, nameAt), name, group: id.slice(groupAt + 1, kindAt), kind };
}

function invalid(id: string, why: string): Error {
  return new Error(`inventory id ${JSON.stringify(id)}: ${why}`);
}
