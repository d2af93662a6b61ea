// What all fault tests stand on: a control plane whose etcd is watched, a Git server, and an agent that can be killed.
import { gitRepository, kustomization } from '../e2e/flux-objects.js';
import { type AgentOptions, ManagedCluster } from '../e2e/managed-cluster.js';
import { type ControlPlane, startControlPlane } from '../servers/control-plane.js';
import { type Etcd, startEtcd } from '../servers/etcd.js';
import { type GitServer, startGitServer } from '../servers/git-server.js';
import { writeKubeconfig } from '../servers/kubeconfig.js';
import { App, type AppOptions } from './app.js';
import { type ContentHistory, readableStorage, watchContent } from './content-history.js';
import type { Items } from './items.js';
import { type RequestGate, startRequestGate } from './request-gate.js';

export interface WorldOptions {
  readonly workloads?: boolean;
  readonly apiserverFlags?: readonly string[];
}

export class World {
  #stops: Array<() => Promise<void>> = [];

  private constructor(
    readonly etcd: Etcd,
    readonly plane: ControlPlane,
    readonly git: GitServer,
    readonly cluster: ManagedCluster,
    readonly history: ContentHistory,
  ) {}

  /** Starts the servers; the agent is started by `startAgent`. */
  static async start({ workloads = false, apiserverFlags = [] }: WorldOptions = {}): Promise<World> {
    const etcd = await startEtcd();
    const [plane, git] = await Promise.all([
      startControlPlane({
        workloads,
        etcd: { url: etcd.url, prefix: '/registry' },
        apiserverFlags: [readableStorage, ...apiserverFlags],
      }),
      startGitServer(),
    ]);
    const [cluster, history] = [await ManagedCluster.prepare(plane), await watchContent(etcd.url)];
    return new World(etcd, plane, git, cluster, history);
  }

  /** A gate between the agent and the API server, and the kubeconfig that leads through it. */
  async gateOfKube(): Promise<{ gate: RequestGate; kubeconfig: string }> {
    const { plane } = this;
    const gate = await startRequestGate(new URL(plane.url), plane.caData);
    this.#stops.push(() => gate.stop());
    return { gate, kubeconfig: this.kubeconfigOf(gate.url) };
  }

  /** The administrator's kubeconfig for another way to the API server. */
  kubeconfigOf(url: string): string {
    const { plane, cluster } = this;
    const file = `${cluster.folder.path}/${new URL(url).port}.kubeconfig`;
    return writeKubeconfig(file, { url, caData: plane.caData, token: plane.adminToken }, 'gate');
  }

  async gateOfGit(): Promise<RequestGate> {
    const gate = await startRequestGate(new URL(this.git.url));
    this.#stops.push(() => gate.stop());
    return gate;
  }

  /** Starts the agent. These tests delete much on purpose; the delete budget has its own. */
  startAgent(options: AgentOptions = {}): Promise<void> {
    return this.cluster.startAgent({
      ...options,
      args: ['--delete-budget=off', '--interval-jitter-percentage=0', ...(options.args ?? [])],
    });
  }

  /** A namespace and a repository of its own, which hold nothing yet. */
  async app(name: string, options: AppOptions = {}): Promise<App> {
    await this.cluster.createNamespace(name);
    return new App(this.cluster, this.history, await this.git.createRepository(name), name, options);
  }

  /** An app whose Kustomization is ready on its first commit. */
  async readyApp(name: string, items: Items, options: AppOptions = {}): Promise<App> {
    const app = await this.app(name, options);
    const commit = await app.commit(items);
    await this.declare(app);
    await app.reaches(commit);
    return app;
  }

  /** Creates the GitRepository and the Kustomization of an app. */
  declare({ name, url, options }: App): Promise<void> {
    const { source = {}, spec = {} } = options;
    return this.cluster.apply(gitRepository(name, url, source), kustomization(name, spec));
  }

  async stop(): Promise<void> {
    await this.cluster.stop();
    for (const stop of this.#stops) await stop();
    await this.history.stop();
    await Promise.all([this.git.stop(), this.plane.stop()]);
    await this.etcd.stop();
  }
}
