import { authorKey } from '@flotilla/common/api/source-gate';
import { contentOf } from '../gate/decide-gate.js';
import type { SourceRun } from '../source-run.js';
import type { Commit } from './commit.js';
import type { GitClient } from './git-client.js';
import type { ResolvedTarget, ResolveRequest } from './resolve-target.js';

/** metadata of an artifact: who wrote its commit, at a length that a status can carry. */
export function authorOf({ author }: Pick<Commit, 'author'>): Record<string, string> {
  return { [authorKey]: Array.from(author).slice(0, 320).join('') };
}

/** Notes the author of an artifact that was made before anybody asked for it: once, and without making it again. */
export async function addAuthor(
  client: GitClient,
  run: SourceRun,
  { remote, timeoutMs, signal }: ResolveRequest,
  target: ResolvedTarget,
): Promise<void> {
  const { artifact } = run.status;
  if (!artifact || artifact.metadata?.[authorKey] !== undefined) return;
  try {
    const commit = await client.commitOf(remote, target.fetch, { timeoutMs, signal });
    // The ref may have moved since; then the next artifact has its author from the start.
    if (commit.hash !== contentOf(artifact.revision)) return;
    run.status.update({ artifact: { ...artifact, metadata: { ...artifact.metadata, ...authorOf(commit) } } });
  } catch (error) {
    if (signal.aborted) throw error;
    // The artifact is good all the same; the next round asks again.
    run.deps.logger.info({ error }, 'the author of the artifact is not known yet');
  }
}
