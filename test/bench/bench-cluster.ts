// One control plane, one Git server and one bundled agent process: what every scenario works with.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ControlPlane, startControlPlane } from '../servers/control-plane.js';
import {
  bundledAgent,
  type FlotillaAgent,
  flotillaCrds,
  startFlotillaAgent,
} from '../servers/flotilla-agent.js';
import type { GitRepository } from '../servers/git-repository.js';
import { type GitServer, startGitServer } from '../servers/git-server.js';
import { kubectlFor } from '../servers/kubectl.js';
import { repositoryRoot } from '../servers/repository-root.js';
import { temporaryFolder } from '../servers/temporary-folder.js';
import { waitFor } from '../servers/wait-for.js';
import { KustomizationView } from './kustomization-view.js';
import { fleetNamespace, type Manifest } from './manifests.js';
import { type MemoryUse, memoryUse, type Sample, takeSample } from './sample.js';

export interface BenchClusterOptions {
  /** Folder for CPU profiles of the agent; none are written without. */
  readonly profiles?: string | undefined;
}

export class BenchCluster {
  readonly #folder = temporaryFolder('bench');
  #agent: FlotillaAgent | undefined;
  #requested = 0;

  private constructor(
    readonly plane: ControlPlane,
    readonly git: GitServer,
    readonly view: KustomizationView,
    readonly options: BenchClusterOptions,
  ) {}

  static async start(options: BenchClusterOptions = {}): Promise<BenchCluster> {
    // Without the controller manager nothing but the agent changes anything.
    const [plane, git] = await Promise.all([
      startControlPlane({ controllerManager: false }),
      startGitServer(),
    ]);
    const kubectl = await kubectlFor(plane);
    await kubectl.run(['apply', '-f', '-'], await flotillaCrds(bundledAgent));
    await kubectl.run(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
    await kubectl.run(['create', 'namespace', fleetNamespace]);
    return new BenchCluster(plane, git, await KustomizationView.open(plane.kube), options);
  }

  /** Starts the agent on the state that an earlier one left. */
  async startAgent(args: readonly string[] = []): Promise<void> {
    const { profiles } = this.options;
    this.#agent = await startFlotillaAgent({
      program: bundledAgent,
      kubeconfig: this.plane.kubeconfig,
      storagePath: join(this.#folder.path, 'storage'),
      log: this.#log,
      args,
      nodeFlags: [
        ...chartNodeOptions(),
        ...(profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`]),
      ],
    });
  }

  async stopAgent(): Promise<void> {
    await this.#agent?.stop('SIGTERM', 30_000);
    this.#agent = undefined;
  }

  sample(): Promise<Sample> {
    return takeSample(this.#running);
  }

  memory(): MemoryUse {
    return memoryUse(this.#running.pid);
  }

  /** Waits until nothing waits or is under way, and what is sent in the background has been sent. */
  async settle(): Promise<Sample> {
    let last = -1;
    return waitFor(
      'the agent to have nothing to do',
      async () => {
        const sample = await this.sample();
        const isQuiet = sample.busy === 0 && sample.requests === last;
        last = sample.requests;
        return isQuiet && sample;
      },
      { timeoutMs: 600_000, intervalMs: 1_000 },
    );
  }

  /** Creates objects, many at a time. */
  async create(objects: readonly Manifest[]): Promise<void> {
    const left = [...objects];
    const work = async (): Promise<void> => {
      for (let object = left.shift(); object; object = left.shift()) await this.#createOne(object);
    };
    await Promise.all(Array.from({ length: 16 }, work));
  }

  createNamespace(name: string): Promise<void> {
    return this.create([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }]);
  }

  /** Makes a repository with the files; its objects are in `url`. */
  async repository(name: string, files: Record<string, string>): Promise<GitRepository & { url: string }> {
    const repository = await this.git.createRepository(name);
    await repository.commit(files);
    return repository;
  }

  /** Tells the agent that a GitRepository has a new commit, as a receiver does. */
  async announce(source: string): Promise<void> {
    const path = `/apis/source.toolkit.fluxcd.io/v1/namespaces/${fleetNamespace}/gitrepositories/${source}`;
    const annotations = { 'reconcile.fluxcd.io/requestedAt': `bench-${(this.#requested += 1)}` };
    await this.plane.kube.call({ method: 'PATCH', path, body: { metadata: { annotations } } });
  }

  /** Lines of the agent's log that hold the text. */
  logged(text: string): number {
    return readFileSync(this.#log, 'utf8').split(text).length - 1;
  }

  async stop(): Promise<void> {
    this.view.close();
    await this.stopAgent();
    await this.git.stop();
    await this.plane.stop();
    this.#folder.remove();
  }

  get #running(): FlotillaAgent {
    if (!this.#agent) throw new Error('no agent runs');
    return this.#agent;
  }

  get #log(): string {
    return join(this.#folder.path, 'agent.log');
  }

  async #createOne(object: Manifest): Promise<void> {
    const { namespace } = object.metadata;
    const group = object.apiVersion.includes('/')
      ? `/apis/${object.apiVersion}`
      : `/api/${object.apiVersion}`;
    const plural = object.kind.endsWith('y') ? `${object.kind.slice(0, -1)}ies` : `${object.kind}s`;
    const scope = namespace === undefined ? '' : `/namespaces/${namespace}`;
    await this.plane.kube.call({
      method: 'POST',
      path: `${group}${scope}/${plural.toLowerCase()}`,
      body: object,
    });
  }
}

/** Options of Node that the chart gives the agent: it is measured as it is installed. */
function chartNodeOptions(): string[] {
  const template = join(repositoryRoot(), 'helm', 'flotilla-agent', 'templates', 'deployment.yaml');
  const options = /name: NODE_OPTIONS\s+value: (\S.*)/.exec(readFileSync(template, 'utf8'))?.[1];
  if (options === undefined) throw new Error(`${template} does not set NODE_OPTIONS any more`);
  return options.trim().split(' ');
}

/** Time for what happens in the background of a measurement to come to its end. */
export async function rest(ms = 1_500): Promise<void> {
  await sleep(ms);
}
