import type { Artifact, ArtifactTree } from '../../artifacts/artifact.js';
import { PathNotFoundError } from '../build/builder.js';
import { ArtifactMissingError } from '../fetch-artifact.js';
import { reportProgress, type Run } from '../run.js';
import { artifactOf, sourceRefOf } from '../source-ref.js';
import { retriedFailure, StepFailure } from '../step-failure.js';
import { formatDuration, progressText } from '../timing.js';
import type { ResolvedSource } from './resolve-source.js';

/** The artifact's files: from the own store, else fetched by URL (flux-compat 3.2, 8). @throws StepFailure */
export async function openArtifact(run: Run, source: ResolvedSource): Promise<ArtifactTree> {
  const { artifacts } = run.deps;
  // Not written yet: a file of the own store is there at once. A failure keeps it.
  run.status.markProgressing(progressText('Fetching manifests', source.revision, run.object.spec));
  try {
    return (await artifacts.openTree(source.artifact, run.signal)) ?? (await fetchTree(run, source));
  } catch (error) {
    run.signal.throwIfAborted();
    if (error instanceof ArtifactMissingError) throw notThereYet(run);
    if (error instanceof StepFailure) throw error;
    throw retriedFailure('ArtifactFailed', error);
  }
}

/**
 * Fetches until the source offers something else: a server that has gone, or has moved to another address, is asked no
 * longer than somebody knows better.
 */
async function fetchTree(run: Run, source: ResolvedSource): Promise<ArtifactTree> {
  const { artifact, revision } = source;
  run.status.mark('Ready', 'Unknown', 'Progressing', 'Reconciliation in progress');
  const message = progressText('Fetching manifests', revision, run.object.spec);
  await reportProgress(run, message, { lasting: true });
  let offer = artifact;
  const moved = new AbortController();
  const stopWatching = watchOffer(run, (newer) => {
    if (newer.url === artifact.url && newer.digest === artifact.digest) return;
    offer = newer;
    moved.abort();
  });
  try {
    const signal = AbortSignal.any([run.signal, moved.signal]);
    const archive = await run.deps.fetchArtifact(artifact.url, signal);
    return await run.deps.artifacts.importArchive(artifact, archive, signal);
  } catch (error) {
    run.signal.throwIfAborted();
    if (!moved.signal.aborted) throw error;
    if (offer.digest !== artifact.digest) throw notThereYet(run);
  } finally {
    stopWatching();
  }
  return await openArtifact(run, { ...source, artifact: offer });
}

/** Tells what the source offers, now and whenever it changes. A new revision puts the Kustomization in the queue, too. */
function watchOffer(run: Run, tell: (offer: Artifact) => void): () => void {
  const { kind, namespace, name } = sourceRefOf(run.object);
  const unsubscribe = run.deps.caches.sources[kind]?.subscribe((change) => {
    const { metadata } = change.object;
    if (change.type === 'deleted' || metadata.name !== name || metadata.namespace !== namespace) return;
    const offer = artifactOf(change.object);
    if (offer) tell(offer);
  });
  return () => unsubscribe?.();
}

/** Looks whether the artifact and the folder of spec.path are there. @throws StepFailure */
export async function findFolder(run: Run, source: ResolvedSource): Promise<void> {
  const tree = await openArtifact(run, source);
  try {
    await run.deps.builder.expectFolder(tree.root, run.object.spec);
  } catch (error) {
    if (error instanceof PathNotFoundError) throw retriedFailure('ArtifactFailed', error);
    // A path that is no folder is a matter of the build.
  } finally {
    await tree.release();
  }
}

function notThereYet(run: Run): StepFailure {
  const pause = formatDuration(run.deps.options.requeueDependencyMs);
  const message = `Source is not ready, artifact not found, retrying in ${pause}`;
  return new StepFailure({ outcome: 'wait', reason: 'ArtifactFailed', message });
}
