import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { agentFlags, agentPrefix } from '@flotilla/agent/config/agent-flags';
import { agentCommand } from '@flotilla/agent/config/agent-command';
import { readFlags } from '@flotilla/common/flags/flag';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type FlotillaAgent, startFlotillaAgent } from '../../servers/flotilla-agent.js';
import { startGitServer } from '../../servers/git-server.js';
import { sharedControlPlane } from '../../servers/shared/shared-servers.js';
import { temporaryFolder } from '../../servers/temporary-folder.js';
import { installKinds } from '../rig/conformance-agent.js';
import { type EventCollector, startEventCollector } from '../rig/event-collector.js';
import { configMap } from '../rig/manifests.js';
import { fillText } from '../rig/names.js';
import { testRows } from '../rig/row.js';
import { World } from '../rig/world.js';
import { waitFor } from '../../servers/wait-for.js';
import { endpointRows, flagRows, gateRows, logRows, metricRows } from './operation.rows.js';

const folder = temporaryFolder('operation');
const stops: (() => Promise<unknown>)[] = [];
let agent: FlotillaAgent;
let events: EventCollector;
let world: World;

/** A process of its own: metrics, logs and health are those of a process. */
beforeAll(async () => {
  const [cluster, git] = await Promise.all([sharedControlPlane(), startGitServer()]);
  await installKinds(cluster);
  events = await startEventCollector();
  const shard = randomBytes(4).toString('hex');
  agent = await startFlotillaAgent({
    kubeconfig: cluster.kubeconfig,
    storagePath: join(folder.path, 'storage'),
    log: join(folder.path, 'agent.log'),
    args: [
      `--watch-label-selector=conformance=${shard}`,
      '--log-level=trace',
      '--feature-gates=GroupChangeLog=true',
    ],
  });
  stops.push(
    () => agent.stop(),
    () => git.stop(),
    () => events.stop(),
  );
  const rig = {
    cluster,
    git,
    events,
    labels: { conformance: shard },
    storagePath: join(folder.path, 'storage'),
    healthUrl: agent.healthUrl,
    metricsUrl: agent.metricsUrl,
    restart: () => Promise.reject(new Error('not here')),
    stop: () => Promise.resolve(),
  };
  world = await World.create(rig, {});
  await world.writeFiles({ 'a.yaml': configMap('a') });
  await world.applySource();
  await world.settled(world.source);
  await world.applyKustomization('apps');
  await world.settled();
});

afterAll(async () => {
  for (const stop of stops) await stop();
  folder.remove();
});

const filled = (pattern: RegExp): RegExp => new RegExp(fillText(pattern.source, world.names), pattern.flags);

describe('metrics', () => {
  testRows(metricRows, async ({ line }) => {
    await waitFor(String(line), async () => filled(line).test(await (await fetch(agent.metricsUrl)).text()), {
      timeoutMs: 5_000,
      intervalMs: 500,
    });
  });

  testRows(
    [
      {
        section: '7',
        behaviour: 'gotk_reconcile_duration_seconds goes with its object',
        kind: 'Kustomization',
      },
    ],
    async () => {
      await world.applyKustomization('short-lived', { path: './' });
      const ref = { ...world.subject, name: 'short-lived' };
      await world.settled(ref);
      const read = async () => (await (await fetch(agent.metricsUrl)).text()).includes('short-lived');
      await waitFor('the metric', read);
      await world.kube.call({
        method: 'DELETE',
        path: `/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/${world.namespace}/kustomizations/short-lived`,
      });
      await waitFor('its end', async () => !(await read()));
    },
  );
});

describe('health', () => {
  testRows(endpointRows, async ({ path }) => {
    expect((await fetch(`${agent.healthUrl}${path}`)).status).toBe(200);
  });
});

describe('logs', () => {
  testRows(logRows, async ({ field, is, msg }) => {
    const text = await readFile(join(folder.path, 'agent.log'), 'utf8');
    const lines = text
      .split('\n')
      .filter((line) => line.startsWith('{') && line.includes('"controllerKind":"Kustomization"'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((line) => line['name'] === 'apps' && (msg === undefined || line['msg'] === msg));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      const value = line[field];
      expect(typeof value === 'string' ? value : JSON.stringify(value)).toMatch(filled(is));
    }
  });
});

describe('flags', () => {
  const help = agentCommand(
    '0',
    {},
    { run: async () => 0, crds: () => 0 } as never,
    () => undefined,
  ).helpInformation();

  testRows(flagRows, async ({ flag, fallback }) => {
    const start = help.search(new RegExp(`--${flag}[ ,\n]`));
    expect(start, `--${flag}`).toBeGreaterThan(0);
    const text = help
      .slice(start)
      .split(/\n\s+--/)[0]!
      .replaceAll(/\s+/g, ' ');
    if (fallback !== undefined) expect(text).toContain(`default ${fallback})`);
  });

  testRows(gateRows, async ({ gate }) => {
    expect(() => readFlags(agentPrefix, agentFlags, { featureGates: `${gate}=true` }, {})).not.toThrow();
  });
});
