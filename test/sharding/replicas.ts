// Replicas of one agent: processes of their own, each as a user of its own, so that the server's record tells them apart.
import { join } from 'node:path';
import { type FlotillaAgent, flotillaCrds, startFlotillaAgent } from '../servers/flotilla-agent.js';
import { type ControlPlane, startControlPlane } from '../servers/control-plane.js';
import { kubectlFor } from '../servers/kubectl.js';
import { temporaryFolder } from '../servers/temporary-folder.js';
import {
  applyObjects,
  type FluxObject,
  fluxNamespace,
  type Observed,
  pathOf,
  readObject,
} from '../e2e/flux-objects.js';
import { AuditLog, type Write } from './audit-log.js';

export class Replicas {
  readonly #agents = new Map<string, FlotillaAgent>();
  readonly #folder = temporaryFolder('replicas');
  readonly #users: readonly string[];
  readonly audit: AuditLog;
  plane!: ControlPlane;

  private constructor(readonly names: readonly string[]) {
    this.#users = names;
    this.audit = new AuditLog(this.#folder.path);
  }

  static async prepare(names: readonly string[]): Promise<Replicas> {
    const replicas = new Replicas(names);
    const users = names.map((name) => ({ name, groups: ['system:masters'] }));
    replicas.plane = await startControlPlane({
      workloads: true,
      users,
      apiserverFlags: replicas.audit.flags,
    });
    const kubectl = await kubectlFor(replicas.plane);
    await kubectl.apply(await flotillaCrds());
    await kubectl.run(['wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all']);
    await replicas.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: fluxNamespace } });
    return replicas;
  }

  async start(
    name: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const agent = await startFlotillaAgent({
      kubeconfig: this.plane.kubeconfigFor({ user: name }),
      storagePath: join(this.#folder.path, name),
      log: this.log(name),
      args,
      env: { POD_NAME: name, ...env },
    });
    this.#agents.set(name, agent);
  }

  log(name: string): string {
    return join(this.#folder.path, `${name}.log`);
  }

  agent(name: string): FlotillaAgent {
    const agent = this.#agents.get(name);
    if (!agent) throw new Error(`replica ${name} does not run`);
    return agent;
  }

  get running(): string[] {
    return [...this.#agents.keys()];
  }

  async end(name: string, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    await this.agent(name).stop(signal, 30_000);
    this.#agents.delete(name);
  }

  /** What the replicas have written of a resource. */
  writes(resource: string): Write[] {
    return this.audit.writes(this.#users).filter((write) => write.resource === resource && write.code < 300);
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

  async kustomizations(): Promise<Observed[]> {
    const path = '/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations';
    return (await this.plane.kube.call<{ items: Observed[] }>({ path })).items;
  }

  async metrics(name: string): Promise<string> {
    return (await fetch(this.agent(name).metricsUrl)).text();
  }

  async stop(): Promise<void> {
    await Promise.all(this.running.map((name) => this.end(name, 'SIGKILL')));
    await this.plane?.stop();
    this.#folder.remove();
  }
}
