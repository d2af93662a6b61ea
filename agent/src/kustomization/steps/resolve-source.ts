import { formatRef, type KubeObject } from '@flotilla/common/kube/object';
import type { Artifact } from '../../artifacts/artifact.js';
import type { Run } from '../run.js';
import { artifactOf, originRevisionOf, sourceNotFoundText, sourceRefOf } from '../source-ref.js';
import { messageOf, StepFailure, stalledFailure } from '../step-failure.js';
import { formatDuration } from '../timing.js';

/** What the source offers right now. */
export interface ResolvedSource {
  artifact: Artifact;
  revision: string;
  originRevision: string | undefined;
}

type SourceRef = ReturnType<typeof sourceRefOf>;

/** flux-compat 3.2, 4 and 5. @throws StepFailure */
export async function resolveSource(run: Run): Promise<ResolvedSource> {
  const ref = sourceRefOf(run.object);
  checkAccess(run, ref);
  const source = await readSource(run, ref);
  if (!source) {
    const message = sourceNotFoundText(ref);
    throw new StepFailure({ outcome: 'retry', reason: 'ArtifactFailed', message });
  }
  const artifact = artifactOf(source);
  if (!artifact) {
    const pause = formatDuration(run.deps.options.requeueDependencyMs);
    const message = `Source artifact not found, retrying in ${pause}`;
    throw new StepFailure({ outcome: 'wait', reason: 'ArtifactFailed', message });
  }
  const { revision } = artifact;
  const originRevision = originRevisionOf(artifact);
  Object.assign(run.about, { revision, originRevision });
  return { artifact, revision, originRevision };
}

function checkAccess(run: Run, ref: SourceRef): void {
  const { noCrossNamespaceRefs, gates } = run.deps.options;
  if (noCrossNamespaceRefs && ref.namespace !== run.object.metadata.namespace) {
    const message = `can't access '${formatRef(ref)}', cross-namespace references have been blocked`;
    throw stalledFailure('AccessDenied', message);
  }
  if (ref.kind === 'ExternalArtifact' && !gates.ExternalArtifact) {
    const message = `can't access '${formatRef(ref)}', ExternalArtifact feature gate is disabled`;
    throw stalledFailure('AccessDenied', message);
  }
}

/** From the cache where the kind is watched; a source that the cache does not know may only be too new for it. */
async function readSource(run: Run, ref: SourceRef): Promise<KubeObject | undefined> {
  const { deps, signal } = run;
  const cached = deps.options.gates.DirectSourceFetch ? undefined : deps.caches.sources[ref.kind]?.get(ref);
  if (cached) return cached;
  try {
    return await deps.client.get(ref, { signal });
  } catch (error) {
    signal.throwIfAborted();
    // A cluster that does not serve the kind, or does not answer: nobody knows whether the source is there.
    const message = messageOf(error);
    throw new StepFailure({ outcome: 'back-off', reason: 'ArtifactFailed', message, cause: error });
  }
}
