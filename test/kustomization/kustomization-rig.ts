// The Kustomization controller on a real control plane, fed from an artifact store without Git.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { customResourceDefinition } from '@flotilla/common/api/crd';
import { allKinds } from '@flotilla/common/api/all-kinds';
import type { Kustomization } from '@flotilla/common/api/kustomization';
import type { KubeObject } from '@flotilla/common/kube/object';
import { computeStatus } from '@flotilla/common/kstatus/compute-status';
import type { Artifact, ArtifactStore } from '@flotilla/agent/artifacts/artifact';
import { openArtifactStore } from '@flotilla/agent/artifacts/artifact-store';
import { runProgram } from '@flotilla/agent/exec/run-program';
import type { KubeClient } from '@flotilla/agent/kube/client';
import { loadCluster } from '@flotilla/agent/kube/cluster';
import { createKubeClient } from '@flotilla/agent/kube/create-kube-client';
import { createTransport, type KubeTransport } from '@flotilla/agent/kube/transport';
import { createKustomizationController } from '@flotilla/agent/kustomization/index';
import {
  defaultKustomizationOptions,
  type KustomizationOptions,
} from '@flotilla/agent/kustomization/options';
import { systemClock } from '@flotilla/agent/runtime/clock';
import { createController } from '@flotilla/agent/runtime/controller';
import type { ObjectEvent } from '@flotilla/agent/runtime/events';
import { createInformer, type Informer } from '@flotilla/agent/runtime/informer';
import { silentLogger, type Logger } from '@flotilla/agent/runtime/logger';
import { createMetricsRegistry } from '@flotilla/agent/runtime/metrics-registry';
import { createRuntimeMetrics } from '@flotilla/agent/runtime/runtime-metrics';
import type { ControlPlane } from '../servers/control-plane.js';
import { startControlPlane } from '../servers/control-plane.js';
import { rigPrograms } from '../servers/programs.js';
import { waitFor } from '../servers/wait-for.js';

export type Files = Readonly<Record<string, string>>;

export interface ToldEvent extends ObjectEvent {
  object: string;
}

/** The running controller of one agent process. */
export interface RunningController {
  stop(): Promise<void>;
}

const kustomizations = { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization' };
/** --watch-configs-label-selector. */
const watched = 'reconcile.fluxcd.io/watch=Enabled';
const gitRepositories = { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository' };

export class KustomizationRig {
  readonly events: ToldEvent[] = [];
  /** `METHOD /path` of every request of the controller. */
  readonly requests: string[] = [];
  /** Folders that were built. */
  builds = 0;
  /** Called before every request of the controller; may throw. */
  intercept: (request: string) => void = () => {};
  #controller: RunningController | undefined;

  private constructor(
    readonly plane: ControlPlane,
    /** As the test; its requests are not counted. */
    readonly client: KubeClient,
    readonly transport: KubeTransport,
    readonly store: ArtifactStore,
    readonly folder: string,
    readonly kubectl: string,
  ) {}

  static async start(): Promise<KustomizationRig> {
    const [plane, { kubectl }] = await Promise.all([startControlPlane({ workloads: true }), rigPrograms()]);
    const folder = mkdtempSync(path.join(tmpdir(), 'kustomization-rig-'));
    const transport = createTransport(await loadCluster({ kubeconfig: plane.kubeconfig }));
    const client = createKubeClient(transport);
    const store = await openArtifactStore({
      root: path.join(folder, 'artifacts'),
      advertisedAddress: '127.0.0.1:1',
      now: () => Date.now(),
    });
    const rig = new KustomizationRig(plane, client, transport, store, folder, kubectl);
    await rig.#installKinds();
    return rig;
  }

  /** Starts the controller as a process would: with nothing but what is on disk and in the cluster. */
  async startController(
    options: Partial<KustomizationOptions> = {},
    stateFolder = path.join(this.folder, 'state'),
    { logger = silentLogger, watchesConfigs = false }: { logger?: Logger; watchesConfigs?: boolean } = {},
  ): Promise<RunningController> {
    const abort = new AbortController();
    const client = createKubeClient(this.#counted());
    const clock = systemClock;
    const informers = {
      ks: this.#informer(client, kustomizations),
      git: this.#informer(client, gitRepositories),
      ...(watchesConfigs
        ? { secrets: this.#informer(client, { apiVersion: 'v1', kind: 'Secret' }, watched) }
        : {}),
    };
    const controller = await createKustomizationController({
      client,
      caches: {
        kustomizations: informers.ks,
        sources: { GitRepository: informers.git },
        ...(informers.secrets ? { configs: { Secret: informers.secrets } } : {}),
      },
      events: {
        record: (object, event) => void this.events.push({ ...event, object: object.metadata.name }),
      },
      artifacts: this.store,
      readStatus: (object) => computeStatus(object, new Date()),
      run: runProgram,
      counts: {
        building: () => {
          this.builds += 1;
          return () => {};
        },
        renderCacheHit: () => {},
        applying: () => () => {},
      },
      clock,
      random: Math.random,
      logger,
      options: { ...defaultKustomizationOptions, ...options },
      stateFolder,
      workFolder: path.join(this.folder, 'work'),
      searchPath: path.dirname(this.kubectl),
    });
    const metrics = createRuntimeMetrics(createMetricsRegistry(), clock);
    const queue = createController({
      name: 'kustomization',
      type: kustomizations,
      reconcile: controller.reconcile,
      workers: 4,
      clock,
      logger,
      metrics,
    });
    const running = Object.values(informers).map((informer) => informer.run(abort.signal));
    await Promise.all(Object.values(informers).map((informer) => informer.waitForSync(abort.signal)));
    const disconnect = controller.connect(queue);
    queue.start();
    const stop = async (): Promise<void> => {
      disconnect();
      await queue.stop(0);
      await controller.stop();
      abort.abort();
      await Promise.all(running);
      this.#controller = undefined;
    };
    this.#controller = { stop };
    return this.#controller;
  }

  /** Ends the controller in the middle of whatever it does. */
  async stopController(): Promise<void> {
    await this.#controller?.stop();
  }

  async stop(): Promise<void> {
    await this.stopController();
    await this.transport.close();
    await this.plane.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async namespace(): Promise<string> {
    return await this.plane.createNamespace('ks');
  }

  /** Makes a GitRepository whose artifact holds the files, as its controller would. */
  async publish(namespace: string, name: string, revision: string, files: Files): Promise<Artifact> {
    const directory = mkdtempSync(path.join(this.folder, 'source-'));
    for (const [file, content] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(directory, file)), { recursive: true });
      writeFileSync(path.join(directory, file), content);
    }
    const owner = { kind: 'GitRepository', namespace, name };
    const artifact = await this.store.pack({
      owner,
      revision,
      fileName: `${revision.replaceAll(/\W/g, '')}.tar.gz`,
      directory,
    });
    const ref = { ...gitRepositories, namespace, name };
    const spec = { interval: '1h', url: 'https://example.com/fleet' };
    await this.client.apply(
      { ...gitRepositories, metadata: { namespace, name }, spec },
      { fieldManager: 'test' },
    );
    await this.client.patch(
      ref,
      { type: 'merge', body: { status: { artifact } } },
      { subresource: 'status' },
    );
    return artifact;
  }

  /** Applies a Kustomization of the source `fleet`; fields of `spec` win. */
  async kustomization(namespace: string, name: string, spec: Record<string, unknown> = {}): Promise<void> {
    const sourceRef = { kind: 'GitRepository', name: 'fleet' };
    const body = {
      ...kustomizations,
      metadata: { namespace, name },
      spec: { interval: '1h', retryInterval: '1h', prune: true, sourceRef, ...spec },
    };
    await this.client.apply(body, { fieldManager: 'test', force: true });
  }

  async patch(namespace: string, name: string, body: Record<string, unknown>): Promise<void> {
    await this.client.patch({ ...kustomizations, namespace, name }, { type: 'merge', body });
  }

  async request(namespace: string, name: string): Promise<string> {
    const at = new Date().toISOString();
    await this.patch(namespace, name, {
      metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': at } },
    });
    await this.until(namespace, name, (object) => object.status?.lastHandledReconcileAt === at);
    return at;
  }

  async read(namespace: string, name: string): Promise<Kustomization | undefined> {
    return (await this.client.get({ ...kustomizations, namespace, name })) as Kustomization | undefined;
  }

  async get(
    apiVersion: string,
    kind: string,
    namespace: string,
    name: string,
  ): Promise<KubeObject | undefined> {
    return await this.client.get({ apiVersion, kind, namespace, name });
  }

  /** Waits until the object is as it should be; the error shows its status. */
  async until(
    namespace: string,
    name: string,
    isRight: (object: Kustomization) => boolean,
    timeoutMs = 30_000,
  ): Promise<Kustomization> {
    let last: Kustomization | undefined;
    try {
      await waitFor(
        `Kustomization ${name}`,
        async () => {
          last = await this.read(namespace, name);
          return last !== undefined && isRight(last);
        },
        { timeoutMs },
      );
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${JSON.stringify(last?.status, null, 1)}`, {
        cause: error,
      });
    }
    return last!;
  }

  async untilReady(namespace: string, name: string, revision: string): Promise<Kustomization> {
    return await this.until(namespace, name, (object) => {
      const isCurrent = object.status?.observedGeneration === object.metadata.generation;
      return isCurrent && object.status?.lastAppliedRevision === revision && ready(object)?.status === 'True';
    });
  }

  async untilReason(
    namespace: string,
    name: string,
    reason: string,
    timeoutMs?: number,
  ): Promise<Kustomization> {
    return await this.until(namespace, name, (object) => ready(object)?.reason === reason, timeoutMs);
  }

  eventsOf(name: string): ToldEvent[] {
    return this.events.filter(({ object }) => object === name);
  }

  async #installKinds(): Promise<void> {
    for (const kind of allKinds) {
      await this.client.apply(customResourceDefinition(kind), { fieldManager: 'test' });
    }
    this.client.discovery.invalidate();
    await waitFor('the kinds to be served', async () => {
      this.client.discovery.invalidate();
      const found = await Promise.allSettled([
        this.client.list(kustomizations),
        this.client.list(gitRepositories),
      ]);
      return found.every(({ status }) => status === 'fulfilled');
    });
  }

  #informer(
    client: KubeClient,
    type: { apiVersion: string; kind: string },
    labelSelector?: string,
  ): Informer {
    const selected = labelSelector === undefined ? {} : { labelSelector };
    return createInformer({ client, type, clock: systemClock, logger: silentLogger, ...selected });
  }

  #counted(): KubeTransport {
    const { transport } = this;
    return {
      server: transport.server,
      send: async (request) => {
        const text = `${request.method} ${request.path.split('?')[0]}`;
        this.requests.push(text);
        this.intercept(text);
        return await transport.send(request);
      },
      stream: (request, idleMs) => transport.stream(request, idleMs),
      close: () => Promise.resolve(),
    };
  }
}

/** The Ready condition. */
export function ready(
  object: Kustomization,
): { status: string; reason: string; message: string } | undefined {
  return condition(object, 'Ready');
}

export function condition(
  object: Kustomization,
  type: string,
): { status: string; reason: string; message: string } | undefined {
  return object.status?.conditions?.find((one) => one.type === type);
}

/** A ConfigMap as YAML. */
export function configMap(namespace: string, name: string, data: Record<string, string> = {}): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name }, data });
}

/** A Deployment as YAML; the tag of its image says what becomes of it. */
export function deployment(namespace: string, name: string, image = 'app:1', replicas = 1): string {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'app', image }] } };
  const spec = { replicas, selector: { matchLabels: labels }, template };
  return JSON.stringify({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace, name }, spec });
}
