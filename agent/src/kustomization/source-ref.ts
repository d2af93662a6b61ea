import type { Kustomization, KustomizationSpec } from '@flotilla/common/api/kustomization';
import { formatRef, type KubeObject, type ObjectRef } from '@flotilla/common/kube/object';
import type { Artifact } from '../artifacts/artifact.js';

export type SourceKind = KustomizationSpec['sourceRef']['kind'];

const sourceApiVersion = 'source.toolkit.fluxcd.io/v1';
const plurals: Readonly<Record<SourceKind, string>> = {
  GitRepository: 'gitrepositories',
  OCIRepository: 'ocirepositories',
  Bucket: 'buckets',
  ExternalArtifact: 'externalartifacts',
};

/** The source object that a Kustomization names; its namespace defaults to the own one. */
export function sourceRefOf(object: Kustomization): ObjectRef & { kind: SourceKind; namespace: string } {
  const { kind, name, namespace } = object.spec.sourceRef;
  return {
    apiVersion: sourceApiVersion,
    kind,
    name,
    namespace: namespace || (object.metadata.namespace ?? ''),
  };
}

/** `Kind/namespace/name`: the key under which Kustomizations of one source are found. */
export function sourceKey(ref: { kind: string; namespace?: string; name: string }): string {
  return formatRef(ref);
}

/** What the API server says about a source that is not there. */
export function sourceNotFoundText(ref: { kind: SourceKind; name: string }): string {
  return `${plurals[ref.kind]}.source.toolkit.fluxcd.io "${ref.name}" not found`;
}

/** status.artifact of a source object. */
export function artifactOf(source: KubeObject): Artifact | undefined {
  const status = source.status as { artifact?: Artifact } | undefined;
  return status?.artifact ?? undefined;
}

/** The revision at the origin of an OCI artifact, from its metadata. */
export function originRevisionOf(artifact: Artifact): string | undefined {
  return artifact.metadata?.['org.opencontainers.image.revision'] || undefined;
}
