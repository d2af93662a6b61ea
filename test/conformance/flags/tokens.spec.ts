import { afterAll, beforeAll, describe, expect } from 'vitest';
import { readScrape, type Sample } from '../../observability/scrape.js';
import { waitFor } from '../../servers/wait-for.js';
import { type ConformanceRig, type Flags, startConformanceRig } from '../rig/conformance-agent.js';
import { secret } from '../rig/manifests.js';
import { applyAs } from '../rig/objects.js';
import { testRows } from '../rig/row.js';
import { runScenario } from '../rig/run-scenario.js';
import type { ScenarioRow } from '../rig/scenario-row.js';
import type { World } from '../rig/world.js';
import { appData, type IdentityServers, startIdentityServers } from '../sources/identity.rows.js';

let servers: IdentityServers;
beforeAll(async () => {
  servers = await startIdentityServers();
});
afterAll(() => servers?.stop());

/** A GitHub App whose source is reconciled three times, with a second in between; `tokens` are asked for. */
const row = (behaviour: string, tokens: 'one' | 'one each'): ScenarioRow => ({
  section: '8.1',
  behaviour,
  given: {
    subject: 'GitRepository',
    files: { 'a.yaml': 'a: 1\n' },
    before: async (world) => {
      const repository = await servers.tokens.createRepository(`tokens-${world.namespace}`);
      await repository.commit({ 'a.yaml': 'a: 1\n' });
      const login = secret('login', { stringData: appData(servers.github) });
      await applyAs(world.kube, 'person', world.filled(login));
      world.addNames({ locked: repository.url, before: String(servers.github.tokens.length) });
    },
    source: { url: '<locked>', provider: 'github', secretRef: { name: 'login' } },
  },
  expect: { ready: 'True' },
  steps: [
    {
      does: async (world) => {
        for (let round = 0; round < 2; round += 1) {
          await world.pause(1_100);
          await world.request();
        }
      },
      expect: {
        ready: 'True',
        check: (world) => {
          const asked = servers.github.tokens.length - Number(world.names['before']);
          if (tokens === 'one' ? asked !== 1 : asked < 3) throw new Error(`${asked} tokens`);
        },
      },
    },
  ],
});

const cachedRow = row('a token is kept until shortly before its end', 'one');

async function samplesOf({ rig }: World, family: string): Promise<readonly Sample[]> {
  const text = await (await fetch(rig.metricsUrl)).text();
  return readScrape(text).get(family)?.samples ?? [];
}

const byLabel = (samples: readonly Sample[], label: string): Record<string, number> =>
  Object.fromEntries(samples.map(({ labels, value }) => [labels[label] ?? '', value]));

/** What the cache did for the one object of this agent is in its metrics, and ends with the object. */
const countedRow: ScenarioRow = {
  ...cachedRow,
  section: '7',
  behaviour: 'gotk_token_cache_*: hits and misses by object, requests, and tokens that are kept',
  steps: [
    ...(cachedRow.steps ?? []),
    {
      expect: {
        ready: 'True',
        check: async (world) => {
          const { namespace } = world;
          const events = await samplesOf(world, 'gotk_token_cache_events_total');
          const owner = { kind: 'GitRepository', name: 'fleet', namespace, operation: 'reconcile' };
          for (const { labels } of events) expect(labels).toMatchObject(owner);
          const { cache_miss: misses, cache_hit: hits = 0 } = byLabel(events, 'event_type');
          expect(misses).toBe(1);
          expect(hits).toBeGreaterThanOrEqual(2);
          const requests = await samplesOf(world, 'gotk_token_cache_requests_total');
          expect(byLabel(requests, 'status')).toEqual({ success: hits + 1, failure: 0 });
          expect(await samplesOf(world, 'gotk_token_cached_items')).toMatchObject([{ value: 1 }]);
          expect(await samplesOf(world, 'gotk_token_cache_evictions_total')).toMatchObject([{ value: 0 }]);
        },
      },
    },
    {
      deletes: true,
      expect: {
        check: (world) =>
          waitFor('the end of its series', async () => {
            return (await samplesOf(world, 'gotk_token_cache_events_total')).length === 0;
          }),
      },
    },
  ],
};

function describeAgent(title: string, flags: Flags, of: ScenarioRow): void {
  describe(title, () => {
    let rig: ConformanceRig;
    beforeAll(async () => {
      rig = await startConformanceRig({ flags });
    });
    afterAll(() => rig?.stop());

    testRows([of], (each) => runScenario(rig, each));
  });
}

describeAgent('with a token cache', {}, cachedRow);
describeAgent('with a token cache that is watched', {}, countedRow);
describeAgent(
  'without a token cache',
  { tokenCacheMaxSize: '0' },
  row('--token-cache-max-size=0: each reconcile asks for a token', 'one each'),
);
describeAgent(
  'with a short token cache',
  { tokenCacheMaxDuration: '1s' },
  row('--token-cache-max-duration: a token is kept for no longer', 'one each'),
);
