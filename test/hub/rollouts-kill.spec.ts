import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { revisionOf } from './api-seed.js';
import type { KilledHub } from './killed-hub.js';
import { startKilledHub } from './killed-hub.js';

const names = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6'];
let hub: KilledHub;

async function apply(): Promise<void> {
  const document = (kind: string, spec: object) => ({
    apiVersion: 'flotilla.dev/v1alpha1',
    kind,
    metadata: { name: kind === 'Environment' ? 'prod' : 'web' },
    spec,
  });
  await hub.api('PUT', '/apply', {
    documents: [
      document('Environment', { selector: { matchLabels: { env: 'prod' } } }),
      document('Pipeline', {
        sources: [{ name: 'flux-system' }],
        releases: { automatic: false },
        environments: [
          {
            name: 'prod',
            rollout: {
              waves: [
                { name: 'first', size: 2 },
                { name: 'second', size: 2 },
              ],
              maxConcurrent: 1,
              soak: '1s',
              membership: { offlineAfter: '2m' },
            },
          },
        ],
      }),
    ],
  });
}

interface Answer {
  readonly items: readonly { readonly id: string; readonly state: string; readonly reason: string }[];
}

/** Whoever was told, and how many times. */
async function pinsMade(): Promise<readonly string[]> {
  const { rows } = await hub.database.query<{ name: string; touched: number; attempts: number }>(
    'SELECT name, touched, attempts FROM rollout_clusters ORDER BY touched',
  );
  return rows.map(({ name, attempts }) => `${name} ${attempts}`);
}

beforeAll(async () => {
  hub = await startKilledHub('rollouts-kill');
  for (const name of names) await hub.agent(name, 'prod', 600);
});
afterAll(() => hub?.stop());

describe('a hub that is killed again and again while it rolls out', () => {
  it(
    'skips no cluster, tells none twice, and keeps waves and concurrency',
    { timeout: 280_000 },
    async () => {
      await expect
        .poll(async () => (await hub.api<Answer>('GET', '/clusters')).items.length, { timeout: 20_000 })
        .toBe(names.length);
      await apply();
      await hub.api('POST', '/releases', {
        pipeline: 'web',
        items: [
          {
            source: { kind: 'GitRepository', namespace: 'flux-system', name: 'flux-system' },
            revision: revisionOf('bbb'),
          },
        ],
      });
      for (let kill = 0; kill < 3; kill += 1) {
        await sleep(1_500 + 400 * kill);
        await hub.kill();
      }
      await expect
        .poll(
          async () =>
            (await hub.api<Answer>('GET', '/rollouts')).items.map(
              ({ state, reason }) => `${state} ${reason}`,
            ),
          {
            timeout: 120_000,
            interval: 500,
          },
        )
        .toEqual(['Succeeded 6 of 6 clusters done']);
      expect(await pinsMade()).toEqual(names.map((name) => `${name} 1`));
      for (const agent of hub.agents.values()) expect(agent.moves).toEqual([revisionOf('bbb')]);
      interface Where {
        readonly clusters: readonly { readonly cluster: string; readonly promotions: readonly object[] }[];
      }
      const { clusters } = await hub.api<Where>('GET', `/where/${'bbb'.padEnd(40, '0')}`);
      expect(clusters.map(({ cluster, promotions }) => [cluster, promotions])).toEqual(
        names.map((name, index) => [
          name,
          [
            expect.objectContaining({
              pipeline: 'web',
              environment: 'prod',
              release: 'web-1',
              rolloutState: 'Succeeded',
              wave: ['first', 'second', 'rest'][Math.floor(index / 2)],
              clusterState: 'Done',
            }),
          ],
        ]),
      );
    },
  );
});
