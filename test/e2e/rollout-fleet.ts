// Three real clusters with real agents, a real hub, and a workload whose health the test decides: nothing goes on before
// the test says so.
import { type Fleet, startFleet } from '../servers/fleet.js';
import type { GitRepository } from '../servers/git-repository.js';
import { type GitServer, startGitServer } from '../servers/git-server.js';
import { waitFor } from '../servers/wait-for.js';
import { gitRepository, kustomization, manifest } from './flux-objects.js';
import { HubProcess } from './hub-process.js';
import { ManagedCluster } from './managed-cluster.js';
import { PinHistory } from './pin-history.js';
import { Workload } from './workload.js';

export interface RolloutView {
  readonly id: string;
  readonly state: string;
  readonly reason: string;
  readonly members: ReadonlyArray<{
    readonly cluster: string;
    readonly wave: string | null;
    readonly state: string;
    readonly message: string;
  }>;
}

export interface PromotionView {
  readonly id: string;
  readonly state: string;
  readonly reason: string;
  readonly waitingFor: string;
  readonly rollout: { readonly id: string } | null;
}

/** A release that is on its way, or waits. */
export interface Started {
  readonly promotion: string;
  readonly revision: string;
  readonly commit: string;
}

/** On a machine that is busy with other things. */
const patience = { timeoutMs: 90_000 };
const environment = 'prod';
const pipeline = 'shop';

export class RolloutFleet {
  readonly clusters = new Map<string, ManagedCluster>();
  readonly workloads = new Map<string, Workload>();
  readonly pins = new Map<string, PinHistory>();

  private constructor(
    readonly planes: Fleet,
    readonly git: GitServer,
    readonly hub: HubProcess,
    readonly repository: GitRepository & { readonly url: string },
  ) {}

  /** Control planes `cluster-1` and so on, without agents. */
  static async start(count: number): Promise<RolloutFleet> {
    const hub = await HubProcess.start({ args: ['--heartbeat=1'] });
    const [planes, git] = await Promise.all([
      startFleet(count, { controllerManager: false }),
      startGitServer(),
    ]);
    const repository = await git.createRepository('shop');
    const fleet = new RolloutFleet(planes, git, hub, repository);
    for (const plane of planes.clusters) {
      const cluster = await ManagedCluster.prepare(plane);
      await cluster.createNamespace('apps');
      fleet.clusters.set(plane.name, cluster);
      fleet.workloads.set(plane.name, new Workload(plane.kube));
      fleet.pins.set(plane.name, new PinHistory(plane.kube));
    }
    return fleet;
  }

  cluster(name: string): ManagedCluster {
    return this.clusters.get(name)!;
  }

  /** The agent of the cluster joins the fleet; its source moves by pins alone. */
  async join(name: string, labels: Record<string, string>): Promise<void> {
    const cluster = this.cluster(name);
    const source = gitRepository(pipeline, this.repository.url);
    const annotations = { 'fleet.flotilla.dev/gate': 'required' };
    await cluster.apply(
      { ...source, metadata: { ...source.metadata, annotations } } as typeof source,
      kustomization(pipeline, { path: './apps', wait: true, timeout: '5m' }),
    );
    const token = await this.hub.api.joinToken({ labels: { env: environment, ...labels } });
    const { args } = await this.hub.membership(name);
    await cluster.startAgent({
      args: [...args, '--feature-gates=CancelHealthCheckOnNewRevision=true'],
      env: { FLOTILLA_AGENT_JOIN_TOKEN: token },
    });
    await waitFor(`the hub to know ${name}`, () =>
      this.hub.api.cluster(name).then(({ connected }) => connected),
    );
  }

  /** A commit that gives the workload another version. */
  commit(version: string): Promise<string> {
    return this.repository.commit({ 'apps/shop.yaml': manifest(Workload.manifest(version)) });
  }

  /** Says how the pipeline rolls out; the canary is the cluster with that tier. */
  async rollOutBy(rollout: object = {}): Promise<void> {
    const waves = [
      { name: 'canary', selector: { matchLabels: { tier: 'canary' } } },
      { name: 'rest', maxConcurrent: 1 },
    ];
    await this.apply(
      document('Environment', environment, { selector: { matchLabels: { env: environment } } }),
      document('Pipeline', pipeline, {
        sources: [{ name: pipeline }],
        releases: { automatic: false },
        environments: [{ name: environment, rollout: { waves, onFailure: 'abort', ...rollout } }],
      }),
    );
  }

  /** Nothing moves in the environment. */
  async freeze(name: string, until: Date): Promise<void> {
    const spec = { scope: { environment }, reason: 'the audit looks at prod', until: until.toISOString() };
    await this.apply(document('Freeze', name, spec));
  }

  async apply(...documents: readonly object[]): Promise<void> {
    await this.hub.api.call('PUT', '/apply', { documents });
  }

  /** Makes a release of a commit; its promotion comes by itself. */
  async release(commit: string): Promise<Started> {
    const revision = `main@sha1:${commit}`;
    const items = [{ source: { kind: 'GitRepository', namespace: 'flux-system', name: pipeline }, revision }];
    const { name } = await this.hub.api.call<{ name: string }>('POST', '/releases', { pipeline, items });
    const { id } = await waitFor(`a promotion of ${name}`, async () => {
      const [promotion] = await this.hub.api.list<PromotionView>(`/promotions?release=${name}`);
      return promotion;
    });
    return { promotion: id, revision, commit };
  }

  promotion({ promotion }: Started): Promise<PromotionView> {
    return this.hub.api.call('GET', `/promotions/${promotion}`);
  }

  async rollout(started: Started): Promise<RolloutView> {
    const { rollout } = await this.promotion(started);
    return this.hub.api.call('GET', `/rollouts/${rollout!.id}`);
  }

  /** Waits until the clusters of the rollout have these states; the error shows what they have. */
  async untilMembers(started: Started, wanted: Readonly<Record<string, string>>): Promise<RolloutView> {
    let seen = '';
    try {
      return await waitFor(
        'the clusters of the rollout',
        async () => {
          const view = await this.rollout(started);
          seen = `${view.state} ${view.reason} ${JSON.stringify(statesOf(view))}`;
          const states = statesOf(view);
          return Object.entries(wanted).every(([name, state]) => states[name] === state) && view;
        },
        patience,
      );
    } catch (error) {
      throw new Error(`${(error as Error).message}: wanted ${JSON.stringify(wanted)}, saw ${seen}`, {
        cause: error,
      });
    }
  }

  async untilPromotion(started: Started, ...states: readonly string[]): Promise<PromotionView> {
    let seen = '';
    try {
      return await waitFor(
        'the promotion',
        async () => {
          const view = await this.promotion(started);
          seen = `${view.state} ${view.waitingFor}${view.reason}`;
          return states.includes(view.state) && view;
        },
        patience,
      );
    } catch (error) {
      throw new Error(`${(error as Error).message}: wanted ${states.join(' or ')}, saw ${seen}`, {
        cause: error,
      });
    }
  }

  /** The workload of the cluster has the version of the commit and becomes healthy. */
  async healthy(name: string, version: string): Promise<void> {
    await this.workloads.get(name)!.becomesAvailable(version);
  }

  /** How many pins to the revision each of these clusters was given, and has kept in its ConfigMap. */
  pinsTo(revision: string, ...names: readonly string[]): Record<string, number> {
    return Object.fromEntries(names.map((name) => [name, this.pins.get(name)!.idsOf(revision).length]));
  }

  /** Waits until the cluster keeps its pin: from then on it needs no hub. The hub says `Moving` before it is sent. */
  async untilPinned(revision: string, name: string): Promise<void> {
    await waitFor(`${name} to keep its pin`, () => this.pinsTo(revision, name)[name] === 1);
  }

  async stop(): Promise<void> {
    for (const history of this.pins.values()) history.stop();
    await Promise.all([...this.clusters.values()].map((cluster) => cluster.stop()));
    await Promise.all([this.hub.stop(), this.git.stop(), this.planes.stop()]);
  }
}

export function statesOf({ members }: RolloutView): Record<string, string> {
  return Object.fromEntries(members.map(({ cluster, state }) => [cluster, state]));
}

function document(kind: string, name: string, spec: object): object {
  return { apiVersion: 'flotilla.dev/v1alpha1', kind, metadata: { name }, spec };
}
