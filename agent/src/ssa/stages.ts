import { groupOf, refOf, type KubeObject } from '@flotilla/common/kube/object';
import { compareForApply } from './apply-order.js';

/** Objects that are dry-run together, and then applied one after the other. */
export interface Stage {
  name: 'definitions' | 'classes' | 'custom' | 'rest';
  /** Later stages need these objects ready, so the apply waits for them. */
  waits: boolean;
  objects: KubeObject[];
}

/** Sorts objects into the stages of flux-compat 3.6 (2), each in apply order; empty stages are left out. */
export function splitIntoStages(
  objects: readonly KubeObject[],
  customStageKinds: readonly string[],
): Stage[] {
  const custom = new Set(customStageKinds);
  const stages: Stage[] = [
    { name: 'definitions', waits: true, objects: [] },
    { name: 'classes', waits: true, objects: [] },
    { name: 'custom', waits: false, objects: [] },
    { name: 'rest', waits: false, objects: [] },
  ];
  for (const object of objects) stages[stageIndex(object, custom)]!.objects.push(object);
  for (const stage of stages) stage.objects.sort((a, b) => compareForApply(refOf(a), refOf(b)));
  return stages.filter((stage) => stage.objects.length > 0);
}

function stageIndex(object: KubeObject, custom: ReadonlySet<string>): number {
  if (isDefinition(object)) return 0;
  if (object.kind.endsWith('Class')) return 1;
  const group = groupOf(object.apiVersion);
  return custom.has(group ? `${group}/${object.kind}` : object.kind) ? 2 : 3;
}

/** True for what the first stage is for: later ones need it. */
export function isDefinition(object: KubeObject): boolean {
  return isCustomResourceDefinition(object) || isNamespace(object) || isClusterRole(object);
}

/** True for CustomResourceDefinitions of every version. */
export function isCustomResourceDefinition(object: { apiVersion: string; kind: string }): boolean {
  return object.kind === 'CustomResourceDefinition' && groupOf(object.apiVersion) === 'apiextensions.k8s.io';
}

function isNamespace(object: KubeObject): boolean {
  return object.kind === 'Namespace' && object.apiVersion === 'v1';
}

function isClusterRole(object: KubeObject): boolean {
  return object.kind === 'ClusterRole' && groupOf(object.apiVersion) === 'rbac.authorization.k8s.io';
}
