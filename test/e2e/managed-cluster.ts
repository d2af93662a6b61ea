// A cluster with Flotilla's kinds, and the agent that manages it: a process that can be killed and started again.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlPlane } from '../servers/control-plane.js';
import { type FlotillaAgent, flotillaCrds, startFlotillaAgent } from '../servers/flotilla-agent.js';
import { kubectlFor } from '../servers/kubectl.js';
import { type TemporaryFolder, temporaryFolder } from '../servers/temporary-folder.js';
import { waitFor, type WaitOptions } from '../servers/wait-for.js';
import {
  applyObjects,
  conditionOf,
  fluxNamespace,
  type FluxObject,
  gitRepository,
  kustomization,
  type Observed,
  pathOf,
  readObject,
} from './flux-objects.js';

export interface AgentOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Default: the administrator's, straight to the API server. */
  readonly kubeconfig?: string;
}

export class ManagedCluster {
  #agent: FlotillaAgent | undefined;
  #options: AgentOptions = {};
  #requests = 0;

  private constructor(
    readonly plane: ControlPlane,
    readonly folder: TemporaryFolder,
  ) {}

  /** Installs the CRDs and the agent's namespace, as its chart does. */
  static async prepare(plane: ControlPlane): Promise<ManagedCluster> {
    const kubectl = await kubectlFor(plane);
    await kubectl.apply(await flotillaCrds());
    await kubectl.run(['wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all']);
    const cluster = new ManagedCluster(plane, temporaryFolder(`agent-${plane.name}`));
    await cluster.createNamespace(fluxNamespace);
    return cluster;
  }

  get agent(): FlotillaAgent {
    if (!this.#agent) throw new Error(`cluster ${this.plane.name} has no agent`);
    return this.#agent;
  }

  get log(): string {
    return join(this.folder.path, 'agent.log');
  }

  get storage(): string {
    return join(this.folder.path, 'storage');
  }

  /** Starts the agent, with the options of the last start unless others are given. */
  async startAgent(options: AgentOptions = this.#options): Promise<void> {
    this.#options = options;
    this.#agent = await startFlotillaAgent({
      kubeconfig: options.kubeconfig ?? this.plane.kubeconfig,
      storagePath: this.storage,
      log: this.log,
      ...(options.args ? { args: options.args } : {}),
      ...(options.env ? { env: options.env } : {}),
    });
  }

  /** SIGKILL: nothing of the agent runs another instruction. */
  async killAgent(): Promise<void> {
    await this.#agent?.stop('SIGKILL');
  }

  /** Stops the agent and removes its folder; the control plane stays. */
  async stop(): Promise<void> {
    await this.#agent?.stop('SIGTERM', 10_000);
    this.folder.remove();
  }

  async createNamespace(name: string): Promise<void> {
    await this.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }

  apply(...objects: readonly FluxObject[]): Promise<void> {
    return applyObjects(this.plane.kube, ...objects);
  }

  read(object: FluxObject): Promise<Observed | undefined> {
    return readObject(this.plane.kube, object);
  }

  async patch(object: FluxObject, body: unknown): Promise<void> {
    await this.plane.kube.call({ method: 'PATCH', path: pathOf(object), body });
  }

  async remove(object: FluxObject): Promise<void> {
    await this.plane.kube.call({ method: 'DELETE', path: pathOf(object) });
  }

  /** Asks for a reconcile by annotation, as `flux reconcile` does; returns the value. */
  async request(object: FluxObject): Promise<string> {
    const value = `request-${(this.#requests += 1)}`;
    await this.patch(object, { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': value } } });
    return value;
  }

  /** Asks the source `name` to look at Git now. */
  fetch(name: string): Promise<string> {
    return this.request(gitRepository(name, ''));
  }

  /** Waits until the object is as it should be; the error shows its status. */
  async until(
    object: FluxObject,
    isRight: (seen: Observed) => boolean,
    options: WaitOptions = {},
  ): Promise<Observed> {
    let last: Observed | undefined;
    try {
      return await waitFor(
        `${object.kind} ${object.metadata.name} of ${this.plane.name}`,
        async () => {
          last = await this.read(object);
          return last !== undefined && isRight(last) && last;
        },
        options,
      );
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${JSON.stringify(last?.status, null, 1)}`, {
        cause: error,
      });
    }
  }

  /** Waits until the Kustomization `name` is ready on a commit. */
  reaches(name: string, commit: string, options: WaitOptions = {}): Promise<Observed> {
    return this.until(kustomization(name), (seen) => isReadyOn(seen, `main@sha1:${commit}`), options);
  }

  /**
   * Waits until the Ready condition has this reason, and is of the newest generation. That the source has nothing yet
   * is not the failure that anybody waits for.
   */
  fails(object: FluxObject, reason: string, options: WaitOptions = {}): Promise<Observed> {
    return this.until(
      object,
      (seen) => {
        const ready = conditionOf(seen, 'Ready');
        if (ready?.message?.startsWith('Source artifact not found')) return false;
        return ready?.status === 'False' && ready.reason === reason;
      },
      options,
    );
  }

  /** Names of the ConfigMaps of a namespace with their data, without what Kubernetes puts into each. */
  async configMaps(namespace: string): Promise<Record<string, Readonly<Record<string, string>>>> {
    const { items } = await this.plane.kube.call<{ items: Observed[] }>({
      path: `/api/v1/namespaces/${namespace}/configmaps`,
    });
    const own = items.filter(({ metadata }) => metadata.name !== 'kube-root-ca.crt');
    return Object.fromEntries(own.map(({ metadata, data = {} }) => [metadata.name, data]));
  }

  /** All GitRepositories and Kustomizations, as the API server has them. */
  async fluxObjects(): Promise<Array<Observed & { readonly kind: string }>> {
    const paths = {
      GitRepository: '/apis/source.toolkit.fluxcd.io/v1/gitrepositories',
      Kustomization: '/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations',
    };
    const lists = await Promise.all(
      Object.entries(paths).map(async ([kind, path]) =>
        (await this.plane.kube.call<{ items: Observed[] }>({ path })).items.map((item) => ({
          ...item,
          kind,
        })),
      ),
    );
    return lists.flat();
  }
}

export function isReadyOn(seen: Observed, revision: string): boolean {
  return (
    seen.status?.lastAppliedRevision === revision &&
    seen.status.observedGeneration === seen.metadata.generation &&
    conditionOf(seen, 'Ready')?.status === 'True' &&
    conditionOf(seen, 'Reconciling') === undefined
  );
}

/** Watches for a time that something stays true; gives what it saw first that was not. */
export async function staysTrue(
  probe: () => Promise<boolean> | boolean,
  forMs: number,
  everyMs = 100,
): Promise<boolean> {
  for (const end = Date.now() + forMs; Date.now() < end; await sleep(everyMs)) {
    if (!(await probe())) return false;
  }
  return true;
}
