// A hub with three clusters whose agents do what it says, and people with tokens of their own.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningHub } from '@flotilla/hub/start-hub';
import { startTestHub } from '../servers/hub.js';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { temporaryFolder } from '../servers/temporary-folder.js';
import { waitFor } from '../servers/wait-for.js';
import { joinFleet } from '../hub/gateway-agent.js';
import { PinnedAgent } from '../hub/pinned-agent.js';
import type { Cli } from './run-cli.js';
import { cliWith, parseTable } from './run-cli.js';

export interface DeliveryWorld {
  readonly hub: RunningHub;
  /** For files of the test. */
  readonly folder: string;
  /** By cluster. */
  readonly agents: ReadonlyMap<string, PinnedAgent>;
  readonly admin: Cli;
  /** The command with a new token of its own. */
  person(name: string, role: string, ...flags: readonly string[]): Promise<Cli>;
  stop(): Promise<void>;
}

const clusters: readonly (readonly [name: string, env: string])[] = [
  ['dev-1', 'dev'],
  ['prod-1', 'prod'],
  ['prod-2', 'prod'],
];

/** `workMs`: how long the workload of a cluster takes to move. */
export async function startDeliveryWorld(workMs: number): Promise<DeliveryWorld> {
  const folder = temporaryFolder('cli-delivery');
  const databaseUrl = await (await sharedPostgres()).createDatabase();
  const dataDir = join(folder.path, 'hub');
  const hub = await startTestHub({ databaseUrl, dataDir, flags: { heartbeat: '1' } });
  const token = readFileSync(join(dataDir, 'admin-token'), 'utf8').trim();
  const admin = cliWith({ FLOTILLA_HUB: hub.httpUrl, FLOTILLA_TOKEN: token });
  const agents = new Map<string, PinnedAgent>();
  for (const [name, env] of clusters) {
    const member = await joinFleet(hub, name, { labels: { env } });
    const agent = new PinnedAgent({ address: hub.agentAddress, member, commit: 'aaa', workMs });
    agents.set(name, agent);
    agent.start();
  }
  await waitFor('all clusters to be ready', async () => {
    const rows = parseTable((await admin.run(['get', 'clusters', '--ready'])).stdout);
    return rows.length === clusters.length;
  });
  return {
    hub,
    folder: folder.path,
    agents,
    admin,
    async person(name, role, ...flags) {
      const made = await admin.run(['token', 'create', '--name', name, '--role', role, ...flags]);
      return cliWith({ FLOTILLA_HUB: hub.httpUrl, FLOTILLA_TOKEN: made.stdout.trim() });
    },
    async stop() {
      await Promise.all([...agents.values()].map((agent) => agent.stop()));
      await hub.stop();
      folder.remove();
    },
  };
}

/** Documents as people write them. */
export function environmentText(name: string): string {
  return `apiVersion: flotilla.dev/v1alpha1
kind: Environment
metadata:
  name: ${name}
spec:
  selector:
    matchLabels: { env: ${name} }
`;
}

/** Through dev into prod, where people are asked. */
export const shopPipeline = `apiVersion: flotilla.dev/v1alpha1
kind: Pipeline
metadata:
  name: shop
spec:
  sources:
    - name: flux-system
  releases: { automatic: false }
  environments:
    - name: dev
    - name: prod
      gates:
        before:
          - { type: approval }
      rollout:
        waves:
          - { name: canary, size: 1 }
        maxConcurrent: 1
`;
