import type { KubeObject } from '@flotilla/common/kube/object';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** The object without managedFields and last-applied: half of its size, and nothing that a reconciler reads. */
export function slimObject(object: KubeObject): KubeObject {
  const { managedFields: _fields, annotations, ...metadata } = object.metadata;
  if (annotations === undefined) return { ...object, metadata };
  const { [lastApplied]: _applied, ...kept } = annotations;
  return { ...object, metadata: { ...metadata, annotations: kept } };
}
