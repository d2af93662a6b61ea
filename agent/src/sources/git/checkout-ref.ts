import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import {
  parseGitRepository,
  type GitRepository,
  type GitRepositorySpec,
} from '@flotilla/common/api/git-repository';
import { parseDuration } from '@flotilla/common/duration/duration';
import { formatName, type KubeObject, type NamespacedName } from '@flotilla/common/kube/object';
import { archiveEntries, type ArchiveEntry } from '../../artifacts/archive-entries.js';
import type { ArtifactStore } from '../../artifacts/artifact.js';
import type { Clock } from '../../runtime/clock.js';
import { loadIgnoreRules } from '../ignore-rules.js';
import { isRefName } from './checkout-plan.js';
import type { GitRemote } from './credentials.js';
import { firstMissing } from './export-tree.js';
import type { CheckedOut } from './git-client.js';
import { GitError } from './git-error.js';
import { copyIncludes, findIncludes } from './includes.js';
import { checkProvider } from './provider.js';
import type { GitContext } from './reconcile.js';
import { remoteOf } from './remote-of.js';
import { resolveTarget, type ResolvedTarget } from './resolve-target.js';
import { sparsePaths } from './sparse-paths.js';
import { modeOf, verifyCheckout } from './verification/verify-checkout.js';

/** The files that a source would offer if it stood at another ref. */
export interface CheckedOutRef {
  readonly commit: string;
  /** `refs/heads/x@sha1:…`, as the source would say it. */
  readonly revision: string;
  readonly root: string;
  /** Removes the files. */
  release(): Promise<void>;
}

export interface CheckoutRefRequest {
  /** The GitRepository. */
  readonly object: KubeObject;
  /** Full name, e.g. refs/heads/feature. */
  readonly refName: string;
  /** Where the ref is expected to point; empty: anywhere. */
  readonly commit: string;
  readonly signal: AbortSignal;
}

export interface CheckoutRefDeps {
  readonly context: GitContext;
  readonly artifacts: ArtifactStore;
  readonly clock: Clock;
}

/**
 * Fetches a ref of a source's repository as the source itself would: with its credentials, proxy, submodules, sparse
 * checkout, signatures, includes and ignore rules. Neither the source nor its artifact takes any notice.
 * @throws SourceFailure, GitError
 */
export async function checkoutRef(
  deps: CheckoutRefDeps,
  request: CheckoutRefRequest,
): Promise<CheckedOutRef> {
  const { context, artifacts } = deps;
  const { object, signal } = request;
  const { spec } = parseGitRepository(object);
  checkProvider(spec, context.cloud);
  const { namespace = '', name } = object.metadata;
  const timeoutMs = parseDuration(spec.timeout);
  const remote = await remoteOf(context, { spec, namespace, timeoutMs, signal, isQuiet: false });
  const target = await targetOf(context, request, { spec, remote, timeoutMs });
  const includes = findIncludes(context.includable, { namespace, name }, spec, context.requeueDependencyMs);
  const work = await artifacts.createWorkFolder('plan');
  const release = (): Promise<void> => rm(work, { recursive: true, force: true });
  try {
    const tree = path.join(work, 'tree');
    const checkedOut = await context.client.checkout(remote, fetchOf(target, { namespace, name }), tree, {
      timeoutMs,
      signal,
      sparse: sparsePaths(spec.sparseCheckout),
      recurseSubmodules: spec.recurseSubmodules ?? false,
      withTag: spec.verify !== undefined && modeOf(spec.verify) !== 'HEAD',
    });
    await checkSparse(spec, tree);
    await verify(deps, namespace, spec, checkedOut, signal);
    await copyIncludes({ artifacts, fetchArtifact: context.fetchArtifact }, includes, tree, signal);
    const root = path.join(work, 'files');
    await moveKept(tree, root, spec.ignore);
    return { commit: checkedOut.commit.hash, revision: target.revision, root, release };
  } catch (error) {
    await release();
    throw error;
  }
}

async function targetOf(
  context: GitContext,
  { refName, commit, signal }: CheckoutRefRequest,
  known: { spec: GitRepositorySpec; remote: GitRemote; timeoutMs: number },
): Promise<ResolvedTarget> {
  if (!isRefName(refName)) throw new GitError('missing-ref', `'${refName}' is not the name of a ref`);
  const { spec, remote, timeoutMs } = known;
  const wanted: GitRepository['spec'] = { ...spec, ref: { name: refName } };
  const notBefore = context.now();
  const target = await resolveTarget(context, { spec: wanted, remote, notBefore, timeoutMs, signal });
  const head = hashOf(target);
  if (commit !== '' && !head.startsWith(commit)) {
    const why = `ref '${refName}' is at ${head}, not at ${commit}; ask again for where it is now`;
    throw new GitError('missing-ref', why);
  }
  return target;
}

function hashOf({ fetch }: ResolvedTarget): string {
  return fetch.kind === 'ref' ? fetch.expected : fetch.commit;
}

/**
 * All plans of a source share one name in the cache, so that it does not grow with each branch that was ever planned.
 * A tag is fetched as one, for its signature may count.
 */
function fetchOf(target: ResolvedTarget, owner: NamespacedName): ResolvedTarget['fetch'] {
  const { fetch } = target;
  if (fetch.kind !== 'ref' || fetch.refName.startsWith('refs/tags/')) return fetch;
  const { refName, expected: commit } = fetch;
  return { kind: 'commit', commit, refName, keptFor: `plans of ${formatName(owner)}` };
}

async function checkSparse(spec: GitRepositorySpec, directory: string): Promise<void> {
  const missing = await firstMissing(directory, sparsePaths(spec.sparseCheckout));
  if (missing === undefined) return;
  throw new GitError('missing-ref', `sparse checkout dir '${missing}' does not exist at this ref`);
}

async function verify(
  { context, clock }: CheckoutRefDeps,
  namespace: string,
  spec: GitRepositorySpec,
  checkedOut: CheckedOut,
  signal: AbortSignal,
): Promise<void> {
  if (!spec.verify) return;
  const { secrets } = context;
  const now = new Date(clock.now());
  await verifyCheckout(checkedOut, { verify: spec.verify, namespace, secrets, now, signal });
}

/** What would be in the artifact: regular files that no rule leaves out. */
async function moveKept(tree: string, root: string, ignore: string | undefined): Promise<void> {
  const excluded = await loadIgnoreRules(tree, ignore);
  const files: ArchiveEntry[] = [];
  for await (const entry of archiveEntries(tree, excluded)) if (entry.type === 'file') files.push(entry);
  await mkdir(root, { mode: 0o700 });
  const folders = new Set(files.map((file) => path.dirname(file.path)));
  for (const folder of folders) await mkdir(path.join(root, folder), { recursive: true });
  for (const file of files) await rename(file.absolute, path.join(root, file.path));
}
