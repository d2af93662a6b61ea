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

/** What sets an object apart from others that an apply has seen. */
export interface SeenTraits {
  /** It removes itself when it has done its work: that it is gone is no foreign change. */
  endsByItself?: true;
  /** It was left alone, because it says so or only has to be there; the apply knows no more of it than its metadata. */
  skipped?: true;
}

/** An object as an apply has left it or found it. Plain data: it may be kept on disk. */
export interface SeenObject extends SeenTraits {
  ref: ObjectRef;
  /** As the server names it; see keyOf. */
  key: string;
  version: ObjectVersion;
  /** Digest of the object as it was declared, see desiredDigest. */
  desired?: string;
  /** The apply had to write it: a suspicion before was right. */
  written?: boolean;
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
