// The hub as a process of its own that is killed and comes back at the same addresses, with agents that stay.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import pg from 'pg';
import { EnrollmentServiceClient } from '@flotilla/proto/flotilla/v1/enrollment';
import type { EnrollResponse } from '@flotilla/proto/flotilla/v1/enrollment';
import type { FlotillaHub } from '../servers/flotilla-hub.js';
import { startFlotillaHub } from '../servers/flotilla-hub.js';
import { repositoryRoot } from '../servers/repository-root.js';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { temporaryFolder } from '../servers/temporary-folder.js';
import { makeKeys } from './gateway-agent.js';
import { PinnedAgent } from './pinned-agent.js';

export interface KilledHub {
  readonly database: pg.Client;
  readonly agents: ReadonlyMap<string, PinnedAgent>;
  /** Asks over the API, as the first admin unless a token is given. @throws Error for an answer that is none */
  api<Answer>(method: string, path: string, body?: object, token?: string): Promise<Answer>;
  /** An agent with the label `env`, at commit aaa, whose workload takes so long to move. */
  agent(name: string, env: string, workMs: number): Promise<void>;
  /** Kills it with -9, and starts another one. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** Builds and starts it. */
export async function startKilledHub(name: string): Promise<KilledHub> {
  // The hub runs as it is installed: compiled.
  execFileSync(process.execPath, ['node_modules/typescript7/bin/tsc', '-b', 'hub'], {
    cwd: repositoryRoot(),
  });
  const folder = temporaryFolder(name);
  const databaseUrl = await (await sharedPostgres()).createDatabase();
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  const agents = new Map<string, PinnedAgent>();
  const common = {
    dataDir: folder.path,
    log: join(folder.path, 'hub.log'),
    databaseUrl,
    args: ['--heartbeat=1'],
  };
  let hub: FlotillaHub = await startFlotillaHub(common);
  const api: KilledHub['api'] = async (method, path, body, token = hub.adminToken) => {
    const answer = await fetch(`${hub.url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as never;
  };
  return {
    database,
    agents,
    api,
    async agent(clusterName, env, workMs) {
      const { token: joinToken } = await api<{ token: string }>('POST', '/join-tokens', { labels: { env } });
      const keys = await makeKeys();
      const ca = readFileSync(join(folder.path, 'ca.pem'));
      const client = new EnrollmentServiceClient(hub.enrollAddress, credentials.createSsl(ca));
      const request = { joinToken, csr: keys.csr, clusterName, clusterUid: `uid-${clusterName}`, labels: {} };
      const enrolled = await new Promise<EnrollResponse>((resolve, reject) => {
        client.enroll(request, (error, response) => (error ? reject(error) : resolve(response)));
      });
      client.close();
      const { clusterId, certificateChain: chain, caBundle } = enrolled;
      const member = { clusterId, keys, chain, ca: caBundle };
      const agent = new PinnedAgent({ address: hub.agentAddress, member, commit: 'aaa', workMs });
      agents.set(clusterName, agent);
      agent.start();
    },
    async kill() {
      await hub.process.stop('SIGKILL');
      hub = await startFlotillaHub({ ...common, ports: hub.ports });
    },
    async stop() {
      await Promise.all([...agents.values()].map((agent) => agent.stop()));
      await hub.stop();
      await database.end();
      folder.remove();
    },
  };
}
