// Two hubs on one database, and a fleet of clusters whose agents tell what the test says.
import type { ObjectState } from '@flotilla/proto/flotilla/v1/state';
import { ChangeFeed } from '@flotilla/hub/platform/changes/change-feed';
import { AutomaticReleases } from '@flotilla/hub/releases/automatic-releases';
import type { RunningHub } from '@flotilla/hub/start-hub';
import { expect } from 'vitest';
import { startTestHub } from '../servers/hub.js';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { waitFor } from '../servers/wait-for.js';
import { startApiHub } from './api-hub.js';
import type { ApiHub } from './api-hub.js';
import { seedCluster, seedObjects } from './api-seed.js';
import { environment, pipeline } from './documents.js';
import type { Release } from './release-view.js';

/** Where the sources of all clusters come from. */
export const sourceUrl = 'https://git.example.com/org/fleet';

export class ReleaseRig {
  /** Ids by name. */
  readonly clusters: Record<string, string> = {};
  /** How many tests have begun. */
  runs = 0;

  private constructor(
    readonly api: ApiHub,
    readonly replica: RunningHub,
  ) {}

  static async start(): Promise<ReleaseRig> {
    const api = await startApiHub(await sharedPostgres());
    const { databaseUrl } = api.hub;
    return new ReleaseRig(api, await startTestHub({ databaseUrl, dataDir: api.dataDir, clock: api.clock }));
  }

  async stop(): Promise<void> {
    await this.replica.stop();
    await this.api.stop();
  }

  /** Removes what a test has left, and begins with three clusters. */
  async begin(): Promise<void> {
    const { database } = this.api;
    await database.query('DELETE FROM pipelines; DELETE FROM environments; DELETE FROM clusters');
    this.runs += 1;
    for (const [name, env] of [
      ['dev-1', 'dev'],
      ['dev-2', 'dev'],
      ['prod-1', 'prod'],
    ] as const)
      this.clusters[name] = await seedCluster(this.api, { name, labels: { env } });
  }

  /** Name of this test's pipeline: numbers of releases outlive a pipeline. */
  get shop(): string {
    return `shop-${this.runs}x`;
  }

  async apply(...documents: object[]): Promise<void> {
    const answer = await this.api.ask('PUT', '/api/v1/apply', { body: { documents } });
    expect(answer.json()).not.toHaveProperty('error');
  }

  /** Nothing is promoted by itself, so that it can be deleted. */
  applyShop(more: Record<string, unknown> = {}): Promise<void> {
    const environments = ['dev', 'prod'].map((name) => ({ name, promote: 'manual' }));
    return this.apply(environment('dev'), environment('prod'), pipeline(this.shop, environments, more));
  }

  /** An agent tells, as the gateway writes and announces it. */
  async report(cluster: string, ...states: ObjectState[]): Promise<void> {
    const clusterId = this.clusters[cluster]!;
    await seedObjects(this.api, clusterId, states);
    const changes = states.map(({ ref }) => ({
      topic: 'object' as const,
      clusterId,
      key: `${ref!.apiVersion}|${ref!.kind}|${ref!.namespace}|${ref!.name}`,
      deleted: false,
    }));
    const { database, hub } = this.api;
    await database.transaction((manager) => hub.app.get(ChangeFeed).publish(manager, changes));
  }

  /** Newest first. */
  async releases(): Promise<readonly Release[]> {
    const answer = await this.api.ask('GET', `/api/v1/releases?pipeline=${this.shop}`);
    return answer.json().items as Release[];
  }

  untilReleases(count: number): Promise<readonly Release[]> {
    return waitFor(
      `${count} releases`,
      async () => {
        const list = await this.releases();
        return list.length >= count && list;
      },
      { timeoutMs: 10_000 },
    );
  }

  /** What the sweep does. */
  async look(): Promise<void> {
    await this.api.hub.app.get(AutomaticReleases, { strict: false }).evaluate(this.shop);
  }

  /** Number and revisions of each. */
  revisions(list: readonly Release[]): readonly string[] {
    return list.map(
      ({ name, items }) =>
        `${name.slice(this.shop.length + 1)} ${items.map(({ revision }) => revision).join(' ')}`,
    );
  }
}
