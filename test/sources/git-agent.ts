// A GitRepository controller on a real control plane: everything an agent has around it, and nothing else.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ArtifactStore } from '@flotilla/agent/artifacts/artifact';
import { openArtifactStore } from '@flotilla/agent/artifacts/artifact-store';
import { runProgram, type ProgramOptions } from '@flotilla/agent/exec/run-program';
import type { KubeClient } from '@flotilla/agent/kube/client';
import { loadCluster } from '@flotilla/agent/kube/cluster';
import { createKubeClient } from '@flotilla/agent/kube/create-kube-client';
import { createTransport } from '@flotilla/agent/kube/transport';
import { systemClock } from '@flotilla/agent/runtime/clock';
import type { ObjectEvent } from '@flotilla/agent/runtime/events';
import { createInformer } from '@flotilla/agent/runtime/informer';
import { createLogger } from '@flotilla/agent/runtime/logger';
import { createMetricsRegistry } from '@flotilla/agent/runtime/metrics-registry';
import { createRuntimeMetrics } from '@flotilla/agent/runtime/runtime-metrics';
import { createGitRepositoryController, gitRepositoryType } from '@flotilla/agent/sources/git/index';
import { createWatchedSecrets } from '@flotilla/agent/sources/watched-secrets';
import { customResourceDefinition } from '@flotilla/common/api/crd';
import { gitRepositoryDefinition } from '@flotilla/common/api/git-repository';
import { formatObject } from '@flotilla/common/kube/object';
import type { Cluster } from '../servers/cluster.js';
import { waitFor } from '../servers/wait-for.js';

export interface RecordedEvent extends ObjectEvent {
  /** `Kind/namespace/name`. */
  object: string;
}

export interface GitAgent {
  readonly client: KubeClient;
  readonly artifacts: ArtifactStore;
  readonly storagePath: string;
  readonly events: RecordedEvent[];
  /** Log lines so far. */
  readonly log: string[];
  /** Every program that was started. */
  readonly programs: ProgramOptions[];
  /** Status writes and other changes that the agent sent so far. */
  writes(): number;
  /** Single objects that the agent asked the API server for so far. */
  reads(): number;
  stop(): Promise<void>;
}

/** Applies the CRD and starts the controller; with `storagePath` it goes on where another one ended. */
export async function startGitAgent(
  cluster: Pick<Cluster, 'kubeconfig'>,
  namespace: string,
  options: { storagePath?: string } = {},
): Promise<GitAgent> {
  const transport = createTransport(await loadCluster({ kubeconfig: cluster.kubeconfig }));
  const real = createKubeClient(transport);
  let [writes, reads] = [0, 0];
  const counted =
    <A extends unknown[], R>(call: (...args: A) => R) =>
    (...args: A): R => {
      writes += 1;
      return call(...args);
    };
  const client: KubeClient = Object.assign(Object.create(real) as KubeClient, {
    apply: counted(real.apply.bind(real)),
    patch: counted(real.patch.bind(real)),
    get: (...args: Parameters<KubeClient['get']>) => {
      reads += 1;
      return real.get(...args);
    },
  });
  await installCrd(real);
  const storagePath = options.storagePath ?? (await mkdtemp(path.join(tmpdir(), 'git-agent-')));
  const artifacts = await openArtifactStore({
    root: storagePath,
    advertisedAddress: 'store.test',
    now: () => Date.now(),
  });
  const [events, log, programs]: [RecordedEvent[], string[], ProgramOptions[]] = [[], [], []];
  const clock = systemClock;
  const logger = createLogger({ level: 'debug', write: (line) => log.push(line), now: () => clock.now() });
  const objects = createInformer({ client: real, type: gitRepositoryType, namespace, clock, logger });
  const secrets = createWatchedSecrets({ client, clock, logger });
  const controller = createGitRepositoryController({
    secrets,
    client,
    objects,
    artifacts,
    clock,
    logger,
    events: { record: (object, event) => events.push({ object: formatObject(object), ...event }) },
    run: (file, program) => {
      programs.push(program);
      return runProgram(file, program);
    },
    metrics: createRuntimeMetrics(createMetricsRegistry(), clock),
    options: {
      workers: 4,
      minRetryDelayMs: 100,
      maxRetryDelayMs: 400,
      cachePath: path.join(storagePath, '.flotilla/git'),
    },
  });
  const running = new AbortController();
  const watching = objects.run(running.signal);
  await objects.waitForSync(running.signal);
  controller.start();
  return {
    client: real,
    artifacts,
    storagePath,
    events,
    log,
    programs,
    writes: () => writes,
    reads: () => reads,
    async stop() {
      await controller.stop(1_000);
      await secrets.stop();
      running.abort();
      await watching.catch(() => {});
      await transport.close();
      if (!options.storagePath) await rm(storagePath, { recursive: true, force: true });
    },
  };
}

async function installCrd(client: KubeClient): Promise<void> {
  await client.apply(customResourceDefinition(gitRepositoryDefinition), {
    fieldManager: 'test',
    force: true,
  });
  await waitFor('the kind GitRepository', async () => {
    client.discovery.invalidate();
    return client.list(gitRepositoryType);
  });
}
