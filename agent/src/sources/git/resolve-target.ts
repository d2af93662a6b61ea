import type { GitRepositorySpec } from '@flotilla/common/api/git-repository';
import { highestMatches } from '@flotilla/common/semver/highest-match';
import { messageOf } from '../source-failure.js';
import { gitRevision, isRefName, planCheckout, refNameOf, type CheckoutPlan } from './checkout-plan.js';
import type { GitRemote } from './credentials.js';
import type { FetchTarget, GitClient } from './git-client.js';
import { GitError } from './git-error.js';
import { scopeOf, type RefScope, type RemoteRefs } from './remote-refs.js';
import type { Listing, RemoteListings } from './remote-listings.js';

/** What spec.ref means on the remote right now. */
export interface ResolvedTarget {
  fetch: FetchTarget;
  /** The revision if the remote does not move before the fetch. */
  revision: string;
  /** The name in the revision; undefined for a bare commit. */
  name: string | undefined;
  /** How old the listing is that says so; 0 when none was needed. */
  ageMs: number;
  /** What the remote offers, as far as it was asked; absent when it was not. */
  refs?: RemoteRefs;
}

export interface ResolveContext {
  listings: RemoteListings;
  client: GitClient;
  /** Monotonic milliseconds. */
  now: () => number;
}

export interface ResolveRequest {
  remote: GitRemote;
  spec: GitRepositorySpec;
  /** An older listing will do; see RemoteListings. */
  notBefore: number;
  timeoutMs: number;
  signal: AbortSignal;
}

/** The remote has neither branches nor tags. */
export class EmptyRepositoryError extends Error {
  override readonly name = 'EmptyRepositoryError';
  constructor() {
    super('git repository is empty');
  }
}

/**
 * Finds the commit that spec.ref asks for. A commit needs no question to the remote; all else is looked up in a
 * listing, which other objects may have asked for. What is not in an older listing is looked up in a new one.
 * @throws GitError, EmptyRepositoryError
 */
export async function resolveTarget(
  context: ResolveContext,
  request: ResolveRequest,
): Promise<ResolvedTarget> {
  const plan = planCheckout(request.spec.ref);
  if (plan.kind === 'commit') return resolveCommit(plan);
  const scope: RefScope = plan.kind === 'semver' ? { kind: 'branches-and-tags' } : scopeOf(refNameOf(plan));
  const asked = context.now();
  try {
    return await resolveListed(
      context,
      request,
      plan,
      await list(context, request, scope, request.notBefore),
    );
  } catch (error) {
    const missing = error instanceof EmptyRepositoryError || (error instanceof GitError && isMissing(error));
    if (!missing || request.notBefore >= asked) throw error;
    return resolveListed(context, request, plan, await list(context, request, scope, asked));
  }
}

function resolveCommit(plan: Extract<CheckoutPlan, { kind: 'commit' }>): ResolvedTarget {
  const revision = gitRevision(plan.branch, plan.commit);
  return { fetch: plan, revision, name: plan.branch, ageMs: 0 };
}

async function list(
  context: ResolveContext,
  { remote, timeoutMs, signal }: ResolveRequest,
  scope: RefScope,
  notBefore: number,
): Promise<Listing> {
  try {
    return await context.listings.get(remote, scope, { notBefore, timeoutMs, signal });
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    throw new GitError(error.failure, `unable to list remote for '${remote.url}': ${error.message}`, error);
  }
}

async function resolveListed(
  context: ResolveContext,
  request: ResolveRequest,
  plan: Exclude<CheckoutPlan, { kind: 'commit' }>,
  listing: Listing,
): Promise<ResolvedTarget> {
  const ageMs = Math.max(0, context.now() - listing.startedAt);
  if (plan.kind !== 'name' && listing.commits.size === 0) throw new EmptyRepositoryError();
  const chosen =
    plan.kind === 'semver'
      ? await chooseTag(context, request, plan.range, listing)
      : namedRef(request, plan, listing);
  const { refName, name, hash } = chosen;
  const fetch = { kind: 'ref' as const, refName, expected: hash };
  return { fetch, revision: gitRevision(name, hash), name, ageMs, refs: listing };
}

interface ChosenRef {
  refName: string;
  /** As the revision shows it. */
  name: string;
  hash: string;
}

function namedRef(
  { remote }: ResolveRequest,
  plan: Extract<CheckoutPlan, { name: string }>,
  refs: RemoteRefs,
): ChosenRef {
  const refName = refNameOf(plan);
  const hash = isRefName(refName) ? refs.commits.get(refName) : undefined;
  if (hash) return { refName, name: plan.name, hash };
  const why =
    plan.kind === 'name'
      ? `unable to resolve ref '${plan.name}' to a specific commit`
      : `unable to clone '${remote.url}': couldn't find remote ref "${refName}"`;
  throw new GitError('missing-ref', why);
}

/** The highest version; of tags that are the same version the one with the youngest commit (flux-compat 2.3). */
async function chooseTag(
  { client }: ResolveContext,
  { remote, timeoutMs, signal }: ResolveRequest,
  range: string,
  refs: RemoteRefs,
): Promise<ChosenRef> {
  const tags = tagsOf(refs);
  let best: { tag: string; committedAt: number } | undefined;
  const highest = highestOf(range, tags.keys());
  if (highest.length === 1) best = { tag: highest[0]!, committedAt: 0 };
  else {
    for (const tag of highest) {
      const options = { timeoutMs, signal };
      const target = { kind: 'ref' as const, refName: `refs/tags/${tag}`, expected: tags.get(tag)! };
      const { committedAt } = await client.commitOf(remote, target, options);
      if (!best || committedAt > best.committedAt) best = { tag, committedAt };
    }
  }
  if (!best) throw new GitError('missing-ref', `no match found for semver: ${range}`);
  return { refName: `refs/tags/${best.tag}`, name: best.tag, hash: tags.get(best.tag)! };
}

function highestOf(range: string, tags: Iterable<string>): string[] {
  try {
    return highestMatches(range, tags);
  } catch (error) {
    throw new Error(`semver parse error: ${messageOf(error)}`, { cause: error });
  }
}

/** The tags of a listing, with their commits. */
export function tagsOf(refs: RemoteRefs): Map<string, string> {
  const prefix = 'refs/tags/';
  const tags = [...refs.commits].filter(([name]) => name.startsWith(prefix) && isRefName(name));
  return new Map(tags.map(([name, hash]) => [name.slice(prefix.length), hash]));
}

function isMissing(error: GitError): boolean {
  return error.failure === 'missing-ref';
}
