// A cluster whose agent is a member of a scripted fleet: the real process, a real control plane, a real Git server.
import type { GateField } from '@flotilla/common/api/source-gate';
import {
  conditionOf,
  fluxNamespace,
  gitRepository,
  type FluxObject,
  type Observed,
} from '../e2e/flux-objects.js';
import { ManagedCluster } from '../e2e/managed-cluster.js';
import { createAuthority, type CertificateAuthority } from '../servers/certificates.js';
import { startControlPlane, type ControlPlane } from '../servers/control-plane.js';
import { startGitServer, type GitServer } from '../servers/git-server.js';
import { ScriptedHub } from './scripted-hub.js';

/** The part of the status that these tests read. */
export interface Gated extends Observed {
  readonly status?: Observed['status'] & { readonly gate?: GateField };
}

export type Repository = Awaited<ReturnType<GitServer['createRepository']>>;

export class GatedCluster {
  private constructor(
    readonly plane: ControlPlane,
    readonly git: GitServer,
    readonly authority: CertificateAuthority,
    readonly hub: ScriptedHub,
    readonly cluster: ManagedCluster,
  ) {}

  /** An enrolled agent, at work and connected. */
  static async start(args: readonly string[] = []): Promise<GatedCluster> {
    const [plane, git, authority] = await Promise.all([
      startControlPlane({ controllerManager: false }),
      startGitServer(),
      createAuthority(),
    ]);
    const hub = await ScriptedHub.start(authority);
    const cluster = await ManagedCluster.prepare(plane);
    const gated = new GatedCluster(plane, git, authority, hub, cluster);
    await gated.#enrol();
    const link = [`--hub-address=${hub.address}`, '--cluster-name=gated'];
    await cluster.startAgent({ args: [...link, '--interval-jitter-percentage=0', ...args] });
    return gated;
  }

  async stop(): Promise<void> {
    this.hub.vanish();
    await this.cluster.stop();
    await Promise.all([this.git.stop(), this.plane.stop()]);
    this.authority.remove();
  }

  /** A GitRepository on the branch main of a repository of its own, ready on the first commit. */
  async source(
    name: string,
    options: { spec?: Readonly<Record<string, unknown>>; gate?: string; isReady?: boolean } = {},
  ): Promise<{ repository: Repository; first: string; object: FluxObject }> {
    const repository = await this.git.createRepository(name);
    const first = await repository.commit({ 'a.txt': 'one' });
    const object = gated(
      gitRepository(name, repository.url, { interval: '1h', ...options.spec }),
      options.gate,
    );
    await this.cluster.apply(object);
    if (options.isReady ?? true) await this.at(name, first);
    return { repository, first, object };
  }

  read(name: string): Promise<Gated> {
    return this.until(name, () => true);
  }

  until(name: string, isRight: (seen: Gated) => boolean): Promise<Gated> {
    return this.cluster.until(gitRepository(name, ''), (seen) => isRight(seen));
  }

  /** Waits until the artifact is of this commit, and the object ready. */
  at(name: string, commit: string): Promise<Gated> {
    return this.until(name, (seen) => artifactOf(seen)?.endsWith(commit) === true && isReady(seen));
  }

  /** Waits for a state of the gate. */
  gate(name: string, state: GateField['state']): Promise<Gated> {
    return this.until(name, ({ status }) => status?.gate?.state === state);
  }

  /** Asks for a reconcile and waits until it has been done. */
  async reconciled(name: string): Promise<Gated> {
    const value = await this.cluster.fetch(name);
    return this.until(name, ({ status }) => status?.lastHandledReconcileAt === value);
  }

  /** Kubernetes events of the gate of one source: reason and message. */
  async events(name: string): Promise<string[]> {
    const { items } = await this.plane.kube.call<{ items: KubeEvent[] }>({
      path: `/api/v1/namespaces/${fluxNamespace}/events`,
    });
    const own = items.filter(({ involvedObject }) => involvedObject.name === name);
    return own.map(({ reason, message, count = 1 }) => `${reason} ${message} x${count}`);
  }

  /** The ConfigMap that keeps what stands. */
  async stored(): Promise<{ data?: Record<string, string> } | undefined> {
    const path = `/api/v1/namespaces/${fluxNamespace}/configmaps/flotilla-agent-standing`;
    const { status, body } = await this.plane.kube.send({ path });
    return status === 404 ? undefined : (body as { data?: Record<string, string> });
  }

  async #enrol(): Promise<void> {
    const { cert, key } = await this.authority.issue('agent');
    const stringData = {
      'cluster-id': 'c-1',
      'tls.key': key,
      'tls.crt': cert,
      'ca.crt': this.authority.cert,
    };
    await this.cluster.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace: fluxNamespace, name: 'flotilla-agent-identity' },
      stringData,
    });
  }
}

interface KubeEvent {
  readonly involvedObject: { readonly name: string };
  readonly reason: string;
  readonly message: string;
  readonly count?: number;
}

/** The object with the annotation. */
export function gated(object: FluxObject, gate: string | undefined): FluxObject {
  if (gate === undefined) return object;
  const annotations = { 'fleet.flotilla.dev/gate': gate };
  return { ...object, metadata: { ...object.metadata, annotations } as FluxObject['metadata'] };
}

export function artifactOf({ status }: Observed): string | undefined {
  return status?.artifact?.revision;
}

export function isReady(seen: Observed): boolean {
  return conditionOf(seen, 'Ready')?.status === 'True' && conditionOf(seen, 'Reconciling') === undefined;
}
