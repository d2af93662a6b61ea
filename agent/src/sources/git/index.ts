import { rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { gitRepositoryDefinition } from '@flotilla/common/api/git-repository';
import { storedType } from '@flotilla/common/api/kind-definition';
import { gateAnnotation } from '@flotilla/common/api/source-gate';
import type { ArtifactStore } from '../../artifacts/artifact.js';
import type { TokenCacheLimits } from '../../cloud/cloud-deps.js';
import type { TokenMetrics } from '../../cloud/token-metrics.js';
import { defaultMaxFetchBytes } from '../../exec/watch-growth.js';
import type { RunProgram } from '../../exec/run-program.js';
import type { StandingIntentsCache } from '../../hublink/standing/standing-cache.js';
import type { KubeClient } from '../../kube/client.js';
import type { ObjectCache } from '../../runtime/cache.js';
import type { Clock } from '../../runtime/clock.js';
import { createController, type Controller } from '../../runtime/controller.js';
import { enqueueOnChange, specChanged } from '../../runtime/enqueue-on-change.js';
import type { EventRecorder } from '../../runtime/events.js';
import type { Informer } from '../../runtime/informer.js';
import type { Logger } from '../../runtime/logger.js';
import type { ReconcileGuard } from '../../runtime/reconcile.js';
import type { RuntimeMetrics } from '../../runtime/runtime-metrics.js';
import { createStatusWriter } from '../../runtime/status-writer.js';
import { SourceGates } from '../gate/source-gates.js';
import { reconcileSource } from '../reconcile-source.js';
import { createSecretReader, type SecretReader } from '../secret-reader.js';
import { sourceFieldManager, type SourceDeps } from '../source-run.js';
import { Ancestry } from './ancestry.js';
import { checkoutRef, type CheckedOutRef, type CheckoutRefRequest } from './checkout-ref.js';
import { GitClient } from './git-client.js';
import { createGitHubApi } from './github-api.js';
import { GitHubTokens } from './github-app.js';
import { createGitCommand } from './git-command.js';
import { dependentsOf, type FetchArtifact } from './includes.js';
import { gitRepositoryKind, reconcileGitRepository, type GitContext } from './reconcile.js';
import type { CloudAccess } from './provider.js';
import { RemoteListings } from './remote-listings.js';
import { listRemoteRefs } from './remote-refs.js';
import { RepositoryCache } from './repository-cache.js';
import type { ProxyEnvironment } from './proxy-environment.js';
import type { SshAlgorithms } from './ssh-access.js';
import { createTrustBundle } from './trust-bundle.js';

export interface GitRepositoryOptions {
  /** --concurrent. */
  workers: number;
  /** --interval-jitter-percentage; default 5. */
  jitterPercentage?: number;
  /** --requeue-dependency; default 30 s. */
  requeueDependencyMs?: number;
  /** --min-retry-delay and --max-retry-delay. */
  minRetryDelayMs?: number;
  maxRetryDelayMs?: number;
  /** --ssh-kex-algos and --ssh-hostkey-algos. */
  ssh?: SshAlgorithms;
  /** Proxy for remotes that name none; default none. */
  proxy?: ProxyEnvironment;
  /** --git-path; default the one on PATH. */
  gitPath?: string;
  /** --max-fetch-bytes: what one fetch may bring in, and the files of one commit may take. */
  maxFetchBytes?: number;
  /** How tokens of GitHub Apps are kept. */
  tokens?: TokenCacheLimits;
  tokenMetrics?: TokenMetrics;
  /** Folder of the repository caches; it may be lost at any time. */
  cachePath: string;
}

export interface GitRepositoryDeps {
  client: KubeClient;
  /** The informer of GitRepositories: its owner runs it, and other kinds may watch it too. */
  objects: Pick<Informer, keyof ObjectCache | 'observe'>;
  /** The GitRepositories that may be included, also those that another process reconciles; default `objects`. */
  includable?: ObjectCache;
  /** Downloads an included artifact that another process stores; default: it cannot be included. */
  fetchArtifact?: FetchArtifact;
  events: EventRecorder;
  artifacts: ArtifactStore;
  run: RunProgram;
  clock: Clock;
  logger: Logger;
  metrics: RuntimeMetrics;
  /** Decides whether a reconcile runs; default: it does. */
  guard?: ReconcileGuard | undefined;
  /** What the hub asks of the sources; default: there is no hub. */
  standing?: StandingIntentsCache | undefined;
  options: GitRepositoryOptions;
  /** Default: no workload identity. */
  cloud?: CloudAccess;
  /** Default: asks the API server. */
  secrets?: SecretReader;
  /** Default: Math.random. */
  random?: () => number;
}

/** The stored version of the kind, to make its informer with. */
export const gitRepositoryType = storedType(gitRepositoryDefinition);

/** The controller, and what it can tell of refs that no source follows. */
export interface GitRepositoryController extends Controller {
  /** See `checkoutRef`. */
  checkoutRef(request: CheckoutRefRequest): Promise<CheckedOutRef>;
}

/** The controller of the kind GitRepository, connected to its informer. It works from `start()` to `stop()`. */
export function createGitRepositoryController(deps: GitRepositoryDeps): GitRepositoryController {
  const { objects, clock, logger, metrics, options } = deps;
  const context = createGitContext(deps);
  const writer = createStatusWriter({
    client: deps.client,
    fieldManager: sourceFieldManager,
    observe: (object) => objects.observe(object),
  });
  const sourceDeps: SourceDeps = { ...deps, writer };
  const controller = createController({
    name: 'gitrepository',
    type: gitRepositoryType,
    reconcile: (name, signal) =>
      reconcileSource(
        sourceDeps,
        gitRepositoryKind,
        (run, aborted) => reconcileGitRepository(context, run, aborted),
        name,
        signal,
      ),
    workers: options.workers,
    clock,
    logger,
    metrics,
    guard: deps.guard,
    cache: objects,
    ...(options.minRetryDelayMs === undefined ? {} : { minRetryDelayMs: options.minRetryDelayMs }),
    ...(options.maxRetryDelayMs === undefined ? {} : { maxRetryDelayMs: options.maxRetryDelayMs }),
  });
  enqueueOnChange(objects, controller, {
    filter: specChanged('reconcile.fluxcd.io/requestedAt', gateAnnotation),
  });
  enqueueOnChange(context.includable, controller, { map: (_, change) => dependentsOf(objects, change) });
  connectGates(context.gates, objects, controller);
  const { artifacts } = deps;
  return Object.assign(controller, {
    checkoutRef: (request: CheckoutRefRequest) => checkoutRef({ context, artifacts, clock }, request),
  });
}

/** Wakes the sources that the hub's intents or their own annotation say something new about. */
function connectGates(gates: SourceGates, objects: ObjectCache, controller: Controller): void {
  gates.connect(
    () => objects.list(),
    (name) => controller.enqueue(name),
  );
  objects.subscribe((change) => {
    const { metadata } = change.object;
    if (change.type === 'deleted') gates.forget(metadata.uid);
    if (change.type !== 'updated') return;
    const before = change.previous.metadata.annotations?.[gateAnnotation];
    if (metadata.annotations?.[gateAnnotation] === before) return;
    gates.wake({ namespace: metadata.namespace ?? '', name: metadata.name });
  });
}

function createGitContext(deps: GitRepositoryDeps): GitContext {
  const { run, clock, options } = deps;
  const trust = createTrustBundle(`${options.cachePath}/trust`);
  const privatePath = `${options.cachePath}/private`;
  // A process that was killed cannot remove its keys.
  rmSync(privatePath, { recursive: true, force: true });
  const git = createGitCommand({
    run,
    trust,
    privatePath,
    ssh: options.ssh ?? {},
    proxy: options.proxy ?? {},
    ...(options.gitPath ? { program: options.gitPath } : {}),
  });
  const githubApi = createGitHubApi(async (ca) => readFile(await trust.fileFor(ca), 'utf8'), options.proxy);
  const { maxFetchBytes = defaultMaxFetchBytes } = options;
  const cache = new RepositoryCache({
    git,
    root: `${options.cachePath}/repositories`,
    now: () => clock.now(),
    maxFetchBytes,
  });
  const now = (): number => clock.monotonic();
  return {
    listings: new RemoteListings((remote, scope, limits) => listRemoteRefs(git, remote, scope, limits), now),
    client: new GitClient(git, cache, maxFetchBytes),
    ancestry: new Ancestry(git, cache),
    gates: new SourceGates({ kind: gitRepositoryType.kind, standing: deps.standing }),
    keepsAuthor: deps.standing !== undefined,
    now,
    secrets: deps.secrets ?? createSecretReader(deps.client),
    githubTokens: new GitHubTokens(githubApi, () => clock.now(), options.tokens, options.tokenMetrics),
    cloud: deps.cloud ?? { isObjectLevel: false, defaultServiceAccount: '' },
    includable: deps.includable ?? deps.objects,
    ...(deps.fetchArtifact ? { fetchArtifact: deps.fetchArtifact } : {}),
    requeueDependencyMs: options.requeueDependencyMs ?? 30_000,
    jitterPercentage: options.jitterPercentage ?? 5,
    random: deps.random ?? Math.random,
  };
}
