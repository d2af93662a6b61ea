import type { Artifact, ArtifactOwner } from './artifact.js';

/** One part of an artifact's path: never empty, hidden, `..` or with a separator. */
const segmentPattern = /^[A-Za-z0-9][A-Za-z0-9._:+-]*$/;

/** `<kind lower case>/<namespace>/<name>`, the folder of an owner (flux-compat 2.1). */
export function ownerFolder(owner: ArtifactOwner): string {
  const segments = [owner.kind.toLowerCase(), owner.namespace, owner.name];
  if (!segments.every(isSegment))
    throw new Error(`artifact folder of ${segments.join('/')} is not a safe path`);
  return segments.join('/');
}

/** Path of an artifact below the storage root. */
export function artifactPath(owner: ArtifactOwner, fileName: string): string {
  if (!isSegment(fileName)) throw new Error(`artifact file name "${fileName}" is not a safe path`);
  return `${ownerFolder(owner)}/${fileName}`;
}

/** True for exactly `<kind>/<namespace>/<name>/<file>`: what a status or a request may name. */
export function isArtifactPath(path: string): boolean {
  const segments = path.split('/');
  return segments.length === 4 && segments.every(isSegment);
}

/**
 * True when the artifact lies in the folder of its owner. A consumer asks this before it opens an artifact whose
 * status somebody else may have written, so that no object can hand out the content of another one.
 */
export function belongsTo(artifact: Pick<Artifact, 'path'>, owner: ArtifactOwner): boolean {
  return isArtifactPath(artifact.path) && artifact.path.startsWith(`${ownerFolder(owner)}/`);
}

function isSegment(segment: string): boolean {
  return segment.length <= 255 && segmentPattern.test(segment);
}
