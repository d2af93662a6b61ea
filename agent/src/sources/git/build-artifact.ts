import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { GitRepositorySpec } from '@flotilla/common/api/git-repository';
import type { Artifact, ArtifactOwner, ArtifactStore } from '../../artifacts/artifact.js';
import { loadIgnoreRules } from '../ignore-rules.js';
import { messageOf, SourceFailure } from '../source-failure.js';
import { gitRevision } from './checkout-plan.js';
import { throwFetchFailure } from './fetch-failure.js';
import { authorOf } from './artifact-author.js';
import { shortMessage, type Commit } from './commit.js';
import type { GitRemote } from './credentials.js';
import { firstMissing } from './export-tree.js';
import type { CheckedOut, GitClient } from './git-client.js';
import { copyIncludes, type FetchArtifact, type Include } from './includes.js';
import type { ResolvedTarget } from './resolve-target.js';
import { sparsePaths } from './sparse-paths.js';
import { modeOf } from './verification/verify-checkout.js';

export interface BuildRequest {
  client: GitClient;
  artifacts: ArtifactStore;
  owner: ArtifactOwner;
  spec: GitRepositorySpec;
  remote: GitRemote;
  target: ResolvedTarget;
  timeoutMs: number;
  signal: AbortSignal;
  includes: readonly Include[];
  fetchArtifact: FetchArtifact | undefined;
  /** Note who wrote the commit. */
  keepsAuthor: boolean;
  /** Called when the files are there, and before anything is done with them. */
  verify: (checkedOut: CheckedOut) => Promise<void>;
  /** Called with the revision once it may be used. */
  onCheckout: (revision: string) => Promise<void>;
}

export interface BuiltArtifact {
  artifact: Artifact;
  /** First line of the commit's message. */
  subject: string;
}

/** Fetches the target, applies the ignore rules and stores the rest (flux-compat 2.1, 2.3). @throws SourceFailure */
export async function buildArtifact(request: BuildRequest): Promise<BuiltArtifact> {
  const work = await createWorkFolder(request.artifacts);
  try {
    const directory = path.join(work, 'tree');
    const checkedOut = await checkout(request, directory);
    const { commit } = checkedOut;
    await checkSparse(request.spec, directory);
    await request.verify(checkedOut);
    const revision = gitRevision(request.target.name, commit.hash);
    await request.onCheckout(revision);
    await copyIncludes(request, request.includes, directory, request.signal);
    const artifact = await store(request, directory, commit, revision);
    return { artifact, subject: shortMessage(commit) };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function checkout(request: BuildRequest, directory: string): Promise<CheckedOut> {
  const { client, remote, spec, target, timeoutMs, signal } = request;
  const options = {
    timeoutMs,
    signal,
    sparse: sparsePaths(spec.sparseCheckout),
    recurseSubmodules: spec.recurseSubmodules ?? false,
    withTag: spec.verify !== undefined && modeOf(spec.verify) !== 'HEAD',
  };
  return client.checkout(remote, target.fetch, directory, options).catch(throwFetchFailure);
}

/** A folder that is not there is a mistake in the object; an artifact without it would delete what it holds. */
async function checkSparse(spec: GitRepositorySpec, directory: string): Promise<void> {
  const missing = await firstMissing(directory, sparsePaths(spec.sparseCheckout));
  if (missing === undefined) return;
  const why = `sparse checkout dir '${missing}' does not exist in repository`;
  throw new SourceFailure({
    condition: 'FetchFailed',
    reason: 'GitOperationFailed',
    message: `failed to sparse checkout directories : ${why}`,
  });
}

async function store(
  request: BuildRequest,
  directory: string,
  commit: Commit,
  revision: string,
): Promise<Artifact> {
  const { artifacts, owner, spec, signal } = request;
  const excluded = await loadIgnoreRules(directory, spec.ignore).catch((error: unknown) => {
    const message = `failed to load source ignore patterns from repository: ${messageOf(error)}`;
    throw new SourceFailure({ reason: 'SourceIgnoreError', message, cause: error });
  });
  try {
    return await artifacts.pack({
      owner,
      revision,
      fileName: `${commit.hash}.tar.gz`,
      directory,
      excluded,
      signal,
      ...(request.keepsAuthor ? { metadata: authorOf(commit) } : {}),
    });
  } catch (error) {
    throw new SourceFailure({
      condition: 'StorageOperationFailed',
      reason: 'ArchiveOperationFailed',
      message: `unable to archive artifact to storage: ${messageOf(error)}`,
      cause: error,
    });
  }
}

async function createWorkFolder(artifacts: ArtifactStore): Promise<string> {
  try {
    return await artifacts.createWorkFolder('git');
  } catch (error) {
    throw new SourceFailure({
      condition: 'StorageOperationFailed',
      reason: 'DirectoryCreationFailed',
      message: `failed to create temporary working directory: ${messageOf(error)}`,
      cause: error,
    });
  }
}
