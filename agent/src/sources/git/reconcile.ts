import { parseGitRepository, type GitRepositorySpec } from '@flotilla/common/api/git-repository';
import { jitter } from '@flotilla/common/duration/jitter';
import type { ObjectCache } from '../../runtime/cache.js';
import { parseDuration } from '@flotilla/common/duration/duration';
import { tellOlderFields } from '../../runtime/tell-older-fields.js';
import { messageOf, SourceFailure } from '../source-failure.js';
import type { SourceKind, SourceRun, SourceSuccess } from '../source-run.js';
import { checkStorage } from '../check-storage.js';
import { addAuthor } from './artifact-author.js';
import { buildArtifact } from './build-artifact.js';
import { observedConfig } from './content-config.js';
import { throwFetchFailure } from './fetch-failure.js';
import { GitError } from './git-error.js';
import type { CheckedOut } from './git-client.js';
import { findIncludes, isIncludeChanged, type FetchArtifact, type Include } from './includes.js';
import {
  resolveTarget,
  type ResolveContext,
  type ResolvedTarget,
  type ResolveRequest,
} from './resolve-target.js';
import { passGate, whereItStays, type GateContext, type Passage } from './pass-gate.js';
import { checkProvider } from './provider.js';
import { remoteOf, type RemoteContext } from './remote-of.js';
import type { GitRemote } from './credentials.js';
import { confirmArtifact, forgetVerification, isUpToDate } from './unchanged-artifact.js';
import { modeOf, verifyCheckout } from './verification/verify-checkout.js';

/** What the steps of a GitRepository need besides the frame of all sources. */
export interface GitContext extends ResolveContext, RemoteContext, GateContext {
  /** --interval-jitter-percentage. */
  jitterPercentage: number;
  /** The GitRepositories that may be included. */
  includable: ObjectCache;
  fetchArtifact?: FetchArtifact;
  /** --requeue-dependency. */
  requeueDependencyMs: number;
  /** Note who wrote the commit of an artifact: somebody else asks for it. */
  keepsAuthor: boolean;
  random: () => number;
}

export const gitRepositoryKind: SourceKind = {
  kind: 'GitRepository',
  ofKind: 'IncludeUnavailable',
  failureConditions: ['FetchFailed', 'IncludeUnavailable', 'StorageOperationFailed'],
};

/**
 * Brings the artifact of one GitRepository to what its ref points at (flux-compat 2.2, 2.3): look after the storage,
 * find the commit, and only when something differs fetch it and store its files.
 */
export async function reconcileGitRepository(
  context: GitContext,
  run: SourceRun,
  signal: AbortSignal,
): Promise<SourceSuccess> {
  const { url = '' } = (run.object.spec ?? {}) as { url?: string };
  const gate = context.gates.begin(run, url);
  await checkStorage(run, gate);
  gate.stored();
  // A check that failed is made again; one that succeeded holds for what is stored.
  if (run.status.get('SourceVerified')?.status === 'False') run.status.delete('SourceVerified');
  const spec = validSpec(run);
  tellOlderFields(run.deps.events, run.object);
  checkProvider(spec, context.cloud);
  const timeoutMs = parseDuration(spec.timeout);
  const isQuiet = !isAwaited(run) && !gate.isWoken;
  const { namespace } = run.owner;
  const remote = await remoteOf(context, { spec, namespace, timeoutMs, signal, isQuiet });
  const input = { spec, remote, notBefore: notBefore(run, spec, isQuiet), timeoutMs, signal };
  return reconcileRemote(context, run, input).catch((error: unknown) =>
    throwAfterForgetting(context, remote, error),
  );
}

async function reconcileRemote(
  context: GitContext,
  run: SourceRun,
  input: ResolveRequest,
): Promise<SourceSuccess> {
  const { spec } = input;
  const includes = await currentIncludes(context, run, spec);
  const newest = await resolveTarget(context, input).catch(throwFetchFailure);
  const passage = await passGate(context, run, input, newest).catch(throwFetchFailure);
  const message = await take(context, run, { ...input, includes }, passage);
  const { gate } = passage;
  gate.settle();
  const now = run.deps.clock.now();
  const nextMs = Math.min(untilNextCheck(context, spec, newest), gate.recheckInMs(now));
  // Nothing to come back for.
  const requeueAfterMs = Number.isFinite(nextMs) ? nextMs : 0;
  return { requeueAfterMs, message: message ?? '', isWaiting: message === undefined };
}

type Request = ResolveRequest & { includes: readonly Include[] };

/** Makes the artifact what the gate lets it be; undefined when there is none to make. */
async function take(
  context: GitContext,
  run: SourceRun,
  request: Request,
  { gate, target, newest }: Passage,
): Promise<string | undefined> {
  if (!target) return undefined;
  const { spec, includes } = request;
  if (isUpToDate(run, spec, includes, target)) {
    if (context.keepsAuthor) await addAuthor(context.client, run, request, target);
    return confirmArtifact(run, spec, target.revision);
  }
  const { pin } = gate;
  if (!pin) return renewArtifact(context, run, { ...request, target });
  const before = run.status.fields;
  gate.moving();
  try {
    return await renewArtifact(context, run, { ...request, target });
  } catch (error) {
    if (!isBadSignature(error)) throw error;
    // As if nobody had set out: what the status says is about the artifact that stays.
    run.status.fields = before;
    gate.refuse(pin, error.message);
    return take(context, run, request, whereItStays(run, spec, gate, newest));
  }
}

/** A token that the server does not take any more must not be used until its time is over. */
function throwAfterForgetting(context: GitContext, remote: GitRemote, error: unknown): never {
  const cause = error instanceof SourceFailure ? error.cause : undefined;
  const { basic, bearerToken } = remote.credentials;
  const token = basic?.password ?? bearerToken;
  if (token && cause instanceof GitError && cause.failure === 'authentication') {
    context.githubTokens.forget(token);
    context.cloud.identities?.forget(token);
  }
  throw error;
}

function validSpec(run: SourceRun): GitRepositorySpec {
  try {
    return parseGitRepository(run.object).spec;
  } catch (error) {
    const message = messageOf(error);
    throw new SourceFailure({
      condition: 'FetchFailed',
      reason: 'InvalidSpec',
      message,
      after: { retry: 'never' },
    });
  }
}

/** Somebody waits for the answer: there is a new generation, a request, or a failure to get over. */
function isAwaited(run: SourceRun): boolean {
  return run.isNewGeneration || run.isRequested || !run.status.isTrue('Ready');
}

/**
 * How fresh a shared listing has to be. Who waits for something gets a listing of now; a round that the interval calls
 * for takes one that somebody else asked for lately.
 */
function notBefore(run: SourceRun, spec: GitRepositorySpec, isQuiet: boolean): number {
  return isQuiet ? run.startedAt - parseDuration(spec.interval) / 2 : run.startedAt;
}

/**
 * The interval counts from the listing, not from its use: no object learns of a commit later than it should. An
 * interval of nothing means that only a change or a request counts, as in Flux, and no work without a pause.
 */
function untilNextCheck(context: GitContext, spec: GitRepositorySpec, target: ResolvedTarget): number {
  const interval = parseDuration(spec.interval);
  if (interval === 0) return Infinity;
  return Math.max(1, jitter(interval, context.jitterPercentage, context.random) - target.ageMs);
}

/** The artifacts to include. People see at once that another one is the reason for a new build. */
async function currentIncludes(
  context: GitContext,
  run: SourceRun,
  spec: GitRepositorySpec,
): Promise<Include[]> {
  const { status, owner } = run;
  const includes = findIncludes(context.includable, owner, spec, context.requeueDependencyMs);
  status.delete('IncludeUnavailable');
  if (isIncludeChanged(includes, status.fields)) {
    const message = 'included artifacts differ from last observed includes';
    if (status.fields['includedArtifacts']) status.set('ArtifactOutdated', 'True', 'IncludeChange', message);
    status.progress(`building artifact: ${message}`, { newArtifact: true });
    await run.save();
  }
  status.delete('ArtifactOutdated');
  return includes;
}

async function renewArtifact(
  context: GitContext,
  run: SourceRun,
  input: {
    spec: GitRepositorySpec;
    remote: GitRemote;
    includes: readonly Include[];
    target: ResolvedTarget;
    timeoutMs: number;
    signal: AbortSignal;
  },
): Promise<string> {
  const { status } = run;
  const { spec } = input;
  status.delete('ArtifactOutdated');
  const built = await buildArtifact({
    ...input,
    client: context.client,
    fetchArtifact: context.fetchArtifact,
    keepsAuthor: context.keepsAuthor,
    artifacts: run.deps.artifacts,
    owner: run.owner,
    verify: (checkedOut) => verifySource(context, run, spec, checkedOut, input.signal),
    onCheckout: (revision) => announceRevision(run, revision),
  });
  const { verify } = spec;
  status.update({
    artifact: built.artifact,
    // Of what is stored, not of what was only fetched.
    sourceVerificationMode: verify && modeOf(verify),
    ...observedConfig(spec),
    includedArtifacts: input.includes.length > 0 ? input.includes.map(({ artifact }) => artifact) : undefined,
  } as Partial<typeof status.fields>);
  status.delete('ArtifactOutdated', 'StorageOperationFailed');
  status.set(
    'ArtifactInStorage',
    'True',
    'Succeeded',
    `stored artifact for revision '${built.artifact.revision}'`,
  );
  return `stored artifact for commit '${built.subject}'`;
}

/** Nothing is stored before its signatures are known to be good. */
async function verifySource(
  context: GitContext,
  run: SourceRun,
  { verify }: GitRepositorySpec,
  checkedOut: CheckedOut,
  signal: AbortSignal,
): Promise<void> {
  const { status, deps, owner } = run;
  status.delete('FetchFailed');
  if (!verify) return forgetVerification(run);
  const { secrets } = context;
  const now = new Date(deps.clock.now());
  const message = await verifyCheckout(checkedOut, {
    verify,
    namespace: owner.namespace,
    secrets,
    now,
    signal,
  });
  status.set('SourceVerified', 'True', 'Succeeded', message);
  run.event('trace', 'Succeeded', message);
}

/** Keys that cannot be read say nothing about the commit. */
function isBadSignature(error: unknown): error is SourceFailure {
  if (!(error instanceof SourceFailure)) return false;
  return error.condition === 'SourceVerified' && error.reason !== 'VerificationError';
}

/** The fetch worked; what follows makes a new artifact if the revision is new. */
async function announceRevision(run: SourceRun, revision: string): Promise<void> {
  const { status } = run;
  status.delete('FetchFailed', 'IncludeUnavailable');
  if (status.artifact?.revision === revision) return;
  const message = `new upstream revision '${revision}'`;
  if (status.artifact) status.set('ArtifactOutdated', 'True', 'NewRevision', message);
  status.progress(`building artifact: ${message}`, { newArtifact: true });
  await run.save();
}
