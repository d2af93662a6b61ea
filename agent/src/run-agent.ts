import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { cannotListen } from '@flotilla/common/flags/cannot-listen';
import { InvalidFlagError } from '@flotilla/common/flags/flag';
import type { NamespacedName } from '@flotilla/common/kube/object';
import type { Parts, Readiness, Split, StorageUse } from './agent-parts.js';
import { type ArtifactServer, startArtifactServer } from './artifacts/artifact-server.js';
import { openArtifactStore } from './artifacts/artifact-store.js';
import type { ArtifactStore } from './artifacts/artifact.js';
import type { AgentConfig } from './config/agent-flags.js';
import { givenHelmFlags } from './config/helm-flags.js';
import { hubMembership, type HubMembership } from './hub-membership.js';
import { loadCluster, type Cluster } from './kube/cluster.js';
import { createKubeClient } from './kube/create-kube-client.js';
import type { KubeClient } from './kube/client.js';
import { createTransport } from './kube/transport.js';
import { makeFolder } from './make-folder.js';
import { openCluster } from './open-cluster.js';
import { systemClock, type Clock } from './runtime/clock.js';
import { createEventRecorders, type EventRecorders } from './runtime/event-recorder.js';
import { serveHealth, serveMetrics } from './runtime/http-endpoints.js';
import { runLeaderElection } from './runtime/leader-election.js';
import { createLogger, type Logger } from './runtime/logger.js';
import { createMetricsRegistry } from './runtime/metrics-registry.js';
import { createRuntimeMetrics, type RuntimeMetrics } from './runtime/runtime-metrics.js';
import { OwnedShards } from './sharding/owned-shards.js';
import { createWebhookSink } from './runtime/webhook-sink.js';
import { agentVersion } from './version.js';
import { work } from './work.js';

/** Kubernetes gives 30 s between SIGTERM and SIGKILL unless told otherwise. */
const stopGraceMs = 20_000;
const leaseName = 'flotilla-agent-leader-election';
const shardsIdentity = 'flotilla-agent-shards';

/** Undoes what was started, last first. */
type Stops = Array<() => Promise<unknown> | void>;

/** Runs the agent until the signal is aborted. @throws when it cannot start or has lost its lease */
export async function runAgent(config: AgentConfig, signal: AbortSignal): Promise<void> {
  const stops: Stops = [];
  if (config.shards > 0 && config.watchLabelSelector) {
    throw new InvalidFlagError(
      '--shards and --watch-label-selector exclude each other: both split the objects',
    );
  }
  try {
    await makeFolder(config.storagePath, 0o700);
    const parts = await composeParts(config, stops);
    parts.logger.info({ version: agentVersion, hub: config.hubAddress ?? 'none' }, 'agent is starting');
    const unused = givenHelmFlags(config);
    if (unused.length > 0)
      parts.logger.info(
        { flags: unused },
        'flags of Helm sources have no effect: they are not reconciled yet',
      );
    if (config.enableLeaderElection) await lead(parts, signal);
    else await work(parts, signal, stopGraceMs);
    parts.logger.info({}, 'agent has stopped');
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

async function composeParts(config: AgentConfig, stops: Stops): Promise<Parts> {
  const clock = systemClock;
  const logger = createLogger({
    level: config.logLevel,
    encoding: config.logEncoding,
    now: () => clock.now(),
  });
  const registry = createMetricsRegistry({ processMetrics: true });
  const metrics = createRuntimeMetrics(registry, clock);
  const cluster = await loadCluster({
    ...(config.kubeconfig ? { kubeconfig: config.kubeconfig } : {}),
    ...(config.context ? { context: config.context } : {}),
  });
  const { client, close } = openCluster(cluster, { config, metrics, clock });
  stops.push(close);
  const split = config.shards > 0 ? splitObjects(config, cluster, metrics, clock, stops) : undefined;
  const shardOf = split && ((name: NamespacedName) => split.owned.shardOf(name));
  const membership = hubMembership({ config, client, clock, logger, shardOf });
  const storage: StorageUse = { isServed: !config.enableLeaderElection };
  const artifacts = await openStorage(config, storage, clock, stops);
  const recorders = composeEvents(config, client, clock, logger, membership, stops);
  const readiness: Readiness = { check: () => 'starting' };
  const endpoints = [
    await listening('--metrics-addr', config.metricsAddr ?? '0', (address) =>
      serveMetrics(address, registry),
    ),
    await listening('--health-addr', config.healthAddr ?? '0', (address) =>
      serveHealth(address, { live: {}, ready: { agent: () => readiness.check() } }),
    ),
  ];
  for (const endpoint of endpoints) if (endpoint) stops.push(() => endpoint.stop());
  return {
    config,
    instance: instanceName(),
    client,
    clock,
    logger,
    metrics,
    registry,
    artifacts,
    recorders,
    membership,
    readiness,
    storage,
    split,
  };
}

function splitObjects(
  config: AgentConfig,
  cluster: Cluster,
  metrics: RuntimeMetrics,
  clock: Clock,
  stops: Stops,
): Split {
  const userAgent = `flotilla-agent/${agentVersion} shards`;
  const transport = createTransport(cluster, { userAgent, qps: 0, connections: 2, metrics, clock });
  stops.push(() => transport.close());
  return { owned: new OwnedShards(config.shards, clock), client: createKubeClient(transport, { clock }) };
}

/** Opens the store and, where it is wanted, the server for consumers other than this process. */
async function openStorage(
  config: AgentConfig,
  storage: StorageUse,
  clock: Clock,
  stops: Stops,
): Promise<ArtifactStore> {
  let server: ArtifactServer | undefined;
  if (config.storageAddr) {
    server = await listening('--storage-addr', config.storageAddr, (address) =>
      startArtifactServer({ root: config.storagePath, address, isServing: () => storage.isServed }),
    );
    stops.push(() => server?.stop());
  }
  return openArtifactStore({
    root: config.storagePath,
    advertisedAddress: config.storageAdvAddr ?? advertised(server, config.shards > 0),
    retention: { ttlMs: config.artifactRetentionTtlMs, records: config.artifactRetentionRecords },
    digestAlgorithm: config.artifactDigestAlgo,
    now: () => clock.now(),
  });
}

/** Starts a server; one that cannot listen says which flag names its address. */
async function listening<T>(
  flag: string,
  address: string,
  start: (address: string) => Promise<T>,
): Promise<T> {
  try {
    return await start(address);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw cannotListen(flag, address, error.cause instanceof Error ? error.cause : error);
  }
}

/**
 * Flux falls back to the host name; a server that listens on one address is best reached there. Of several replicas
 * each holds what it fetched, and only the address of the pod leads to it.
 */
function advertised(server: ArtifactServer | undefined, isOneOfMany: boolean): string {
  const podAddress = process.env['POD_IP'];
  const ip = podAddress?.includes(':') ? `[${podAddress}]` : podAddress;
  const host = isOneOfMany && ip ? ip : hostname();
  return server ? server.address.replace(/^(0\.0\.0\.0|\[::\])(?=:)/, host) : host;
}

function composeEvents(
  config: AgentConfig,
  client: KubeClient,
  clock: Clock,
  logger: Logger,
  membership: HubMembership | undefined,
  stops: Stops,
): EventRecorders {
  const webhook = config.eventsAddr
    ? createWebhookSink({ address: config.eventsAddr, clock, logger })
    : undefined;
  const sinks = [webhook, membership?.sink].filter((sink) => sink !== undefined);
  const recorders = createEventRecorders({ client, sinks, clock, logger, instance: instanceName() });
  stops.push(async () => {
    const limit = AbortSignal.timeout(2_000);
    await Promise.allSettled([recorders.flush(limit), webhook?.flush(limit)]);
    await webhook?.close();
  });
  return recorders;
}

function instanceName(): string {
  return process.env['POD_NAME'] ?? hostname();
}

async function lead(parts: Parts, signal: AbortSignal): Promise<void> {
  const { config, client, clock, logger, metrics, readiness, split } = parts;
  // A replica that waits for the lease is as ready as it can be.
  readiness.check = () => undefined;
  await runLeaderElection(
    {
      client,
      name: leaseName,
      namespace: config.runtimeNamespace,
      // Replicas that split the objects hold the lease together, against one that would work on all of them: the
      // two may meet while an agent goes over from one way to the other. The last of them lets it run out.
      identity: split ? shardsIdentity : `${instanceName()}_${randomUUID()}`,
      clock,
      logger,
      leaseDurationMs: config.leaderElectionLeaseDurationMs,
      renewDeadlineMs: config.leaderElectionRenewDeadlineMs,
      retryPeriodMs: config.leaderElectionRetryPeriodMs,
      releaseOnCancel: config.leaderElectionReleaseOnCancel && !split,
      lead: (leading) => {
        parts.storage.isServed = true;
        return work(parts, leading, leading === signal ? stopGraceMs : 0);
      },
      onChange: (isLeader) => metrics.leader(leaseName, isLeader),
    },
    signal,
  );
}
