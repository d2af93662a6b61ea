import { messageOf, SourceFailure } from './source-failure.js';
import type { SourceRun } from './source-run.js';

/**
 * Looks after the stored files of an object before its source is asked (flux-compat 2.1, 2.2): collects garbage and
 * checks that the current artifact is there and whole. Without one it says that an artifact is being built, unless
 * that has to wait.
 */
export async function checkStorage(run: SourceRun, options: { isWaiting?: boolean } = {}): Promise<void> {
  const { status, deps } = run;
  status.delete('StorageOperationFailed');
  const { artifact } = status;
  let why = '';
  if (artifact) {
    await collectGarbage(run);
    const check = await deps.artifacts.verify(artifact).catch(storageFailed);
    if (check === 'ok') {
      status.update({ artifact: deps.artifacts.withCurrentUrl(artifact) });
      return;
    }
    if (check === 'corrupt') {
      const message = `failed to verify integrity of artifact: computed digest does not match '${artifact.digest}'`;
      run.event('error', 'ArtifactVerificationFailed', message);
      await deps.artifacts.remove(artifact);
    }
    status.update({ artifact: undefined } as Partial<typeof status.fields>);
    why = ': disappeared from storage';
  }
  if (!artifact && options.isWaiting) return;
  status.delete('ArtifactInStorage');
  status.progress(`building artifact${why}`, { newArtifact: true });
  await run.save();
}

async function collectGarbage(run: SourceRun): Promise<void> {
  const { artifact } = run.status;
  if (!artifact) return;
  let removed: string[];
  try {
    removed = await run.deps.artifacts.collectGarbage(run.owner, artifact);
  } catch (error) {
    // Old files that stay do no harm; the next round tries again.
    run.deps.logger.error({ error }, 'garbage collection of artifacts failed');
    return;
  }
  if (removed.length === 0) return;
  run.event('trace', 'GarbageCollectionSucceeded', `garbage collected ${removed.length} artifacts`);
}

function storageFailed(error: unknown): never {
  throw new SourceFailure({
    condition: 'StorageOperationFailed',
    reason: 'StatOperationFailed',
    message: `failed to check the stored artifact: ${messageOf(error)}`,
    cause: error,
  });
}
