import path from 'node:path';
import type { CloudIdentities } from '../cloud/cloud-identities.js';
import type { KubeClient } from '../kube/client.js';
import type { Cluster } from '../kube/cluster.js';
import { createKubeClient } from '../kube/create-kube-client.js';
import { createTransport } from '../kube/transport.js';
import type { ArtifactStore } from '../artifacts/artifact.js';
import type { RunProgram } from '../exec/run-program.js';
import type { Clock } from '../runtime/clock.js';
import type { EnqueueTarget } from '../runtime/enqueue-on-change.js';
import type { EventRecorder } from '../runtime/events.js';
import type { Logger } from '../runtime/logger.js';
import type { Reconcile } from '../runtime/reconcile.js';
import { createApplyEngine } from '../ssa/create-engine.js';
import { OwnedObjectWatch } from '../ssa/drift/owned-object-watch.js';
import type { ApplyEngine, ReadStatus } from '../ssa/engine.js';
import { Builder } from './build/builder.js';
import { RenderCache } from './build/render-cache.js';
import { removeAbandonedClearFolders } from './decryption/clear-folder.js';
import type { KustomizationCaches, KustomizationDeps } from './deps.js';
import { createFetchArtifact } from './fetch-artifact.js';
import { kustomizationGroup } from './kind.js';
import type { KustomizationMetrics } from './metrics.js';
import type { KustomizationOptions } from './options.js';
import { createReconcile } from './reconcile.js';
import { RemoteClusters, type OpenCluster, type OpenedCluster } from './remote/remote-clusters.js';
import { ApplyJournal } from './state/apply-journal.js';
import { CorrectionPace } from './state/correction-pace.js';
import { HealthyVersions } from './state/healthy-versions.js';
import { LatestObjects } from './state/latest-object.js';
import { NewTriggers } from './state/new-triggers.js';
import { SettledStates } from './state/settled-states.js';
import { StateFolder } from './state/state-folder.js';
import { Suspects } from './state/suspects.js';
import { createWriteStatus } from './state/write-status.js';
import { connectTriggers } from './triggers.js';
import { watchScopes } from './watch-scopes.js';

export interface KustomizationControllerDeps {
  client: KubeClient;
  caches: KustomizationCaches;
  events: EventRecorder;
  artifacts: ArtifactStore;
  /** Reads the health of objects. Default: kstatus, with the Pods of those that have some. */
  readStatus?: ReadStatus;
  /** Connects to the cluster of a spec.kubeConfig. Default: with nothing that is special to this agent. */
  openCluster?: OpenCluster;
  /** Workload identity; without it there is none. */
  identities?: CloudIdentities;
  run: RunProgram;
  clock: Clock;
  random: () => number;
  logger: Logger;
  options: KustomizationOptions;
  /** Default: nothing is counted. */
  counts?: KustomizationMetrics;
  /** Kept builds and what is known of earlier reconciles; survives restarts. Nobody else writes here. */
  stateFolder: string;
  /** Where builds are laid out for a moment; may be a memory file system. */
  workFolder: string;
  /** PATH in which kustomize is looked for. */
  searchPath: string;
  /** Proxies for remote bases, as environment variables. */
  network?: Readonly<Record<string, string>>;
  /** SOURCE_CONTROLLER_LOCALHOST and SOURCE_WATCHER_LOCALHOST. */
  sourceHost?: string;
  watcherHost?: string;
}

/** All that the runtime needs to run Kustomizations. */
export interface KustomizationController {
  reconcile: Reconcile;
  /** Brings changes of everything that a Kustomization depends on into the queue, until the returned function is called. */
  connect(target: EnqueueTarget): () => void;
  /** For whoever wants to know what a reconcile would do. */
  readonly deps: KustomizationDeps;
  /** Ends the watches of applied objects. */
  stop(): Promise<void>;
}

/** Makes the reconciler of Kustomizations and opens its folders. */
export async function createKustomizationController(
  given: KustomizationControllerDeps,
): Promise<KustomizationController> {
  const suspects = new Suspects();
  const pace = new CorrectionPace();
  const parts = await makeParts(given);
  let target: EnqueueTarget | undefined;
  const drift = new OwnedObjectWatch({
    client: given.client,
    ownerGroup: kustomizationGroup,
    scopesOf: watchScopes({ ...given, ...parts }),
    clock: given.clock,
    logger: given.logger,
    onSuspect: (owner, ref) => {
      const look = (): void => {
        suspects.add(owner, ref);
        const uid = given.caches.kustomizations.get(owner)?.metadata.uid ?? '';
        // One that failed compares everything at its next retry; a suspicion must not bring that forward.
        if (parts.settled.isSettled(uid)) target?.enqueue(owner);
      };
      const pause = pace.pauseMs(owner, ref, given.clock.monotonic());
      if (pause === 0) look();
      else given.clock.schedule(pause, look);
    },
  });
  const deps: KustomizationDeps = { ...given, ...parts, suspects, pace, drift };
  return {
    reconcile: createReconcile(deps),
    deps,
    connect(queue) {
      target = queue;
      return connectTriggers(given.caches, {
        enqueue(name, cause) {
          parts.newTriggers.add(name, cause);
          queue.enqueue(name);
        },
      });
    },
    stop: async () => {
      await drift.stop();
      await parts.clusters.stop();
    },
  };
}

type Parts = Omit<KustomizationDeps, keyof KustomizationControllerDeps | 'suspects' | 'pace' | 'drift'>;

async function makeParts(given: KustomizationControllerDeps): Promise<Parts> {
  const { client, caches, clock, options, readStatus, sourceHost, watcherHost } = given;
  const folder = await StateFolder.open(path.join(given.stateFolder, 'reconciles'));
  const engines = new WeakMap<KubeClient, ApplyEngine>();
  return {
    latest: new LatestObjects(caches.kustomizations),
    clusters: new RemoteClusters(given.openCluster ?? openPlainCluster),
    fetchArtifact: createFetchArtifact({
      retries: options.httpRetry,
      clock,
      ...(sourceHost ? { sourceHost } : {}),
      ...(watcherHost ? { watcherHost } : {}),
    }),
    engineFor(as) {
      const reader = readStatus ? { readStatus } : {};
      const engine = engines.get(as) ?? createApplyEngine({ client: as, clock, ...reader });
      engines.set(as, engine);
      return engine;
    },
    builder: await openBuilder(given),
    healthy: new HealthyVersions(),
    newTriggers: new NewTriggers(),
    settled: new SettledStates(folder),
    journal: new ApplyJournal(folder),
    writeStatus: createWriteStatus(client),
  };
}

function openPlainCluster(cluster: Cluster): OpenedCluster {
  const transport = createTransport(cluster);
  return { client: createKubeClient(transport), close: () => transport.close() };
}

async function openBuilder(given: KustomizationControllerDeps): Promise<Builder> {
  const { options, stateFolder, run, workFolder, searchPath, clock, network } = given;
  await removeAbandonedClearFolders(workFolder);
  const cache = await RenderCache.open(path.join(stateFolder, 'builds'), options.maxRenderCacheBytes, clock);
  return new Builder({
    run,
    cache,
    workFolder,
    kustomizePath: options.kustomizePath,
    searchPath,
    noRemoteBases: options.noRemoteBases,
    maxOutputBytes: options.maxBuildBytes,
    maxFetchBytes: options.maxFetchBytes,
    ...(network ? { network } : {}),
    ...(given.counts ? { counts: given.counts } : {}),
  });
}
