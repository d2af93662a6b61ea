import { createHash } from 'node:crypto';
import type { KubeObject, ObjectMeta, ObjectRef } from '@flotilla/common/kube/object';

/** A version of an object, as little of it as tells a foreign change from a change of its status. */
export interface ObjectVersion {
  uid: string;
  resourceVersion: string;
  /** Moves with the spec; absent for kinds without one, e.g. ConfigMap and Secret. */
  generation?: number;
  /** Digest of labels and annotations. */
  texts: string;
}

/** An object as an apply has left it or found it. Plain data: it may be kept on disk. */
export interface SeenObject {
  ref: ObjectRef;
  /** As the server names it; see keyOf. */
  key: string;
  version: ObjectVersion;
  /** Digest of the object as it was declared, see desiredDigest. */
  desired?: string;
  /** The apply had to write it: a suspicion before was right. */
  written?: boolean;
  /** It removes itself when it has done its work: that it is gone is no foreign change. */
  endsByItself?: boolean;
}

/** The version that metadata describes. */
export function versionOf(metadata: ObjectMeta): ObjectVersion {
  return {
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    ...(metadata.generation === undefined ? {} : { generation: metadata.generation }),
    texts: digest([sorted(metadata.labels), sorted(metadata.annotations)]),
  };
}

/** Key of an object within its kind. Cluster-scoped objects may be declared with a namespace, which the server drops. */
export function keyOf(object: Pick<KubeObject, 'metadata'>): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

function sorted(texts: Record<string, string> = {}): Array<[string, string]> {
  return Object.entries(texts).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 22);
}
