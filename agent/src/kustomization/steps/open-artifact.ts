import type { ArtifactTree } from '../../artifacts/artifact.js';
import { ArtifactMissingError } from '../fetch-artifact.js';
import { reportProgress, type Run } from '../run.js';
import { retriedFailure, StepFailure } from '../step-failure.js';
import { formatDuration, timeoutMs } from '../timing.js';
import type { ResolvedSource } from './resolve-source.js';

/** The artifact's files: from the own store, else fetched by URL (flux-compat 3.2, 8). @throws StepFailure */
export async function openArtifact(run: Run, source: ResolvedSource): Promise<ArtifactTree> {
  const { artifacts } = run.deps;
  try {
    return (await artifacts.openTree(source.artifact, run.signal)) ?? (await fetchTree(run, source));
  } catch (error) {
    run.signal.throwIfAborted();
    if (error instanceof ArtifactMissingError) throw notThereYet(run);
    throw retriedFailure('ArtifactFailed', error);
  }
}

async function fetchTree(run: Run, { artifact, revision }: ResolvedSource): Promise<ArtifactTree> {
  const limit = formatDuration(timeoutMs(run.object.spec));
  run.status.mark('Ready', 'Unknown', 'Progressing', 'Reconciliation in progress');
  await reportProgress(run, `Fetching manifests for revision ${revision} with a timeout of ${limit}`, {
    lasting: true,
  });
  const archive = await run.deps.fetchArtifact(artifact.url, run.signal);
  return await run.deps.artifacts.importArchive(artifact, archive, run.signal);
}

function notThereYet(run: Run): StepFailure {
  const pause = formatDuration(run.deps.options.requeueDependencyMs);
  const message = `Source is not ready, artifact not found, retrying in ${pause}`;
  return new StepFailure({ outcome: 'wait', reason: 'ArtifactFailed', message });
}
