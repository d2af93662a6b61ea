import { afterAll, beforeAll, describe } from 'vitest';
import { type ConformanceRig, type Flags, startConformanceRig } from '../rig/conformance-agent.js';
import { secret } from '../rig/manifests.js';
import { applyAs } from '../rig/objects.js';
import { testRows } from '../rig/row.js';
import { runScenario } from '../rig/run-scenario.js';
import type { ScenarioRow } from '../rig/scenario-row.js';
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

describeAgent('with a token cache', {}, row('a token is kept until shortly before its end', 'one'));
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
