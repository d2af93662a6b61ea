// Clusters whose agents are rows: what the hub asks of them is read from its pins, what they report is written.
import { RolloutStrategy } from '@flotilla/common/fleet-api/rollout-strategy';
import { RolloutEngine } from '@flotilla/hub/rollouts/rollout-engine';
import type { RolloutRequest } from '@flotilla/hub/rollouts/rollouts';
import { Rollouts } from '@flotilla/hub/rollouts/rollouts';
import type { ApiHub } from './api-hub.js';
import { confirm, gitRepository, kustomization, revisionOf, seedCluster, seedObjects } from './api-seed.js';

export const source = { kind: 'GitRepository', namespace: 'flux-system', name: 'flux-system' };

/** Asks over the API; answers parsed. */
export async function call<Answer>(
  api: ApiHub,
  method: 'GET' | 'POST' | 'PUT',
  url: string,
  body?: object,
): Promise<{ readonly status: number; readonly body: Answer }> {
  const answer = await api.ask(method, url, body ? { body } : {});
  return { status: answer.statusCode, body: answer.json() as Answer };
}

export class RolloutRig {
  readonly clusters = new Map<string, string>();

  constructor(private readonly api: ApiHub) {}

  /** An environment of clusters with the label env=<name>. */
  async environment(name: string): Promise<void> {
    const answer = await call(this.api, 'PUT', '/api/v1/apply', {
      apiVersion: 'flotilla.dev/v1alpha1',
      kind: 'Environment',
      metadata: { name },
      spec: { selector: { matchLabels: { env: name } }, allowEmpty: true },
    });
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  }

  async cluster(name: string, labels: Record<string, string>, commit: string): Promise<void> {
    const objects = [gitRepository(commit), kustomization('apps', commit)];
    this.clusters.set(name, await seedCluster(this.api, { name, labels, objects }));
  }

  async start(
    environment: string,
    commit: string,
    over: Partial<RolloutRequest> = {},
    strategy = {},
  ): Promise<string> {
    const { manager } = this.api.database;
    const request: RolloutRequest = {
      promotionId: 'p1',
      pipeline: 'web',
      release: 'web-1',
      environment,
      strategy: RolloutStrategy.parse(strategy),
      delivery: 'pins',
      items: [{ source, url: 'https://git.example.com/org/fleet', revision: revisionOf(commit) }],
      requestedBy: 'ci',
      breakGlass: false,
      kind: 'promotion',
      ...over,
    };
    const rollouts = this.api.hub.app.get(Rollouts, { strict: false });
    const { id } = await manager.transaction((inner) => rollouts.start(inner, request, this.api.clock.now()));
    return id;
  }

  /** The hub looks at the rollout now. */
  async look(id: string): Promise<void> {
    // Whoever looks at the same time has the row; the next one sees what is new.
    const engine = this.api.hub.app.get(RolloutEngine, { strict: false });
    while ((await engine.evaluate([id])).length === 0);
  }

  /** The revision that the hub asks of a cluster; null: none. */
  async pin(name: string): Promise<string | null> {
    const rows: { revision: string }[] = await this.api.database.query(
      'SELECT revision FROM pins WHERE cluster_id = $1',
      [this.clusters.get(name)],
    );
    return rows[0]?.revision ?? null;
  }

  /** The agent reports that it has a commit, as objects say it. */
  async reports(
    name: string,
    commit: string,
    change: Parameters<typeof kustomization>[2] = {},
  ): Promise<void> {
    const id = this.clusters.get(name)!;
    const changedAt = this.api.clock.now();
    await seedObjects(this.api, id, [
      gitRepository(commit, { changedAt }),
      kustomization('apps', commit, { changedAt, ...change }),
    ]);
    await confirm(this.api, id);
  }

  /** Agents that are there confirm what they have said. */
  async confirm(...names: readonly string[]): Promise<void> {
    for (const name of names) await confirm(this.api, this.clusters.get(name)!);
  }
}

/** A cluster's state in a rollout, as the API shows it. */
export interface RolloutAnswer {
  readonly state: string;
  readonly reason: string;
  readonly wave: string | null;
  readonly waves: readonly { readonly name: string; readonly state: string }[];
  readonly commands: readonly string[];
  readonly members: readonly {
    readonly cluster: string;
    readonly state: string;
    readonly message: string;
    readonly wave: string | null;
  }[];
}

/** `state, cluster=State …` on one line. */
export async function picture(api: ApiHub, id: string): Promise<string> {
  const { body } = await call<RolloutAnswer>(api, 'GET', `/api/v1/rollouts/${id}`);
  return [body.state, ...body.members.map(({ cluster, state }) => `${cluster}=${state}`)].join(' ');
}
