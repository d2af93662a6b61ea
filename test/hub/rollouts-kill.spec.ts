import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { credentials } from '@grpc/grpc-js';
import pg from 'pg';
import { EnrollmentServiceClient } from '@flotilla/proto/flotilla/v1/enrollment';
import type { EnrollResponse } from '@flotilla/proto/flotilla/v1/enrollment';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFlotillaHub } from '../servers/flotilla-hub.js';
import type { FlotillaHub } from '../servers/flotilla-hub.js';
import { repositoryRoot } from '../servers/repository-root.js';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { temporaryFolder } from '../servers/temporary-folder.js';
import { revisionOf } from './api-seed.js';
import { makeKeys } from './gateway-agent.js';
import type { Member } from './gateway-agent.js';
import { PinnedAgent } from './pinned-agent.js';

const folder = temporaryFolder('rollouts-kill');
const names = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6'];
const agents = new Map<string, PinnedAgent>();
let databaseUrl: string;
let database: pg.Client;
let hub: FlotillaHub;

async function start(): Promise<FlotillaHub> {
  return startFlotillaHub({
    dataDir: folder.path,
    log: join(folder.path, 'hub.log'),
    databaseUrl,
    args: ['--heartbeat=1'],
    ...(hub && { ports: hub.ports }),
  });
}

async function api<Answer>(method: string, path: string, body?: object): Promise<Answer> {
  const answer = await fetch(`${hub.url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${hub.adminToken}`,
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Answer;
}

async function join_(name: string): Promise<Member> {
  const { token: joinToken } = await api<{ token: string }>('POST', '/join-tokens', {
    labels: { env: 'prod' },
  });
  const keys = await makeKeys();
  const client = new EnrollmentServiceClient(
    hub.enrollAddress,
    credentials.createSsl(readFileSync(join(folder.path, 'ca.pem'))),
  );
  const request = { joinToken, csr: keys.csr, clusterName: name, clusterUid: `uid-${name}`, labels: {} };
  const enrolled = await new Promise<EnrollResponse>((resolve, reject) => {
    client.enroll(request, (error, response) => (error ? reject(error) : resolve(response)));
  });
  client.close();
  return { clusterId: enrolled.clusterId, keys, chain: enrolled.certificateChain, ca: enrolled.caBundle };
}

async function apply(): Promise<void> {
  const document = (kind: string, spec: object) => ({
    apiVersion: 'flotilla.dev/v1alpha1',
    kind,
    metadata: { name: kind === 'Environment' ? 'prod' : 'web' },
    spec,
  });
  await api('PUT', '/apply', {
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
  const { rows } = await database.query<{ name: string; touched: number; attempts: number }>(
    'SELECT name, touched, attempts FROM rollout_clusters ORDER BY touched',
  );
  return rows.map(({ name, attempts }) => `${name} ${attempts}`);
}

beforeAll(async () => {
  // The hub runs as it is installed: compiled.
  execFileSync(process.execPath, ['node_modules/typescript7/bin/tsc', '-b', 'hub'], {
    cwd: repositoryRoot(),
  });
  databaseUrl = await (await sharedPostgres()).createDatabase();
  database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  hub = await start();
  for (const name of names) {
    const agent = new PinnedAgent({
      address: hub.agentAddress,
      member: await join_(name),
      commit: 'aaa',
      workMs: 600,
    });
    agents.set(name, agent);
    agent.start();
  }
});
afterAll(async () => {
  await Promise.all([...agents.values()].map((agent) => agent.stop()));
  await hub?.stop();
  await database?.end();
  folder.remove();
});

describe('a hub that is killed again and again while it rolls out', () => {
  it(
    'skips no cluster, tells none twice, and keeps waves and concurrency',
    { timeout: 280_000 },
    async () => {
      await expect
        .poll(async () => (await api<Answer>('GET', '/clusters')).items.length, { timeout: 20_000 })
        .toBe(names.length);
      await apply();
      await api('POST', '/releases', {
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
        await hub.process.stop('SIGKILL');
        hub = await start();
      }
      await expect
        .poll(
          async () =>
            (await api<Answer>('GET', '/rollouts')).items.map(({ state, reason }) => `${state} ${reason}`),
          {
            timeout: 120_000,
            interval: 500,
          },
        )
        .toEqual(['Succeeded 6 of 6 clusters done']);
      expect(await pinsMade()).toEqual(names.map((name) => `${name} 1`));
      for (const agent of agents.values()) expect(agent.moves).toEqual([revisionOf('bbb')]);
      interface Where {
        readonly clusters: readonly { readonly cluster: string; readonly promotions: readonly object[] }[];
      }
      const { clusters } = await api<Where>('GET', `/where/${'bbb'.padEnd(40, '0')}`);
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
