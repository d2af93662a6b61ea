// Both halves as they are: the real hub gives pins and vetoes, the real agent takes them and reports what came of it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningHub } from '@flotilla/hub/start-hub';
import { StandingIntents } from '@flotilla/hub/standing/standing';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { gitRepository, type Observed } from '../e2e/flux-objects.js';
import { ManagedCluster } from '../e2e/managed-cluster.js';
import { makeJoinToken } from '../hub/gateway-agent.js';
import { startControlPlane, type ControlPlane } from '../servers/control-plane.js';
import { startGitServer, type GitServer } from '../servers/git-server.js';
import { startTestHub } from '../servers/hub.js';
import { sharedPostgres } from '../servers/shared/shared-servers.js';
import { temporaryFolder } from '../servers/temporary-folder.js';
import { waitFor } from '../servers/wait-for.js';

const folder = temporaryFolder('gate-hub');
let hub: RunningHub;
let plane: ControlPlane;
let git: GitServer;
let cluster: ManagedCluster;

beforeAll(async () => {
  const databaseUrl = await (await sharedPostgres()).createDatabase();
  [hub, plane, git] = await Promise.all([
    startTestHub({ databaseUrl, dataDir: folder.path }),
    startControlPlane({ controllerManager: false }),
    startGitServer(),
  ]);
  cluster = await ManagedCluster.prepare(plane);
});
afterAll(async () => {
  await cluster?.stop();
  await Promise.all([hub?.stop(), git?.stop(), plane?.stop()]);
  folder.remove();
});

async function api<T>(method: string, path: string, body?: object): Promise<T> {
  const token = readFileSync(join(folder.path, 'admin-token'), 'utf8').trim();
  const answer = await fetch(`${hub.httpUrl}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

interface ReportedObject {
  readonly kind: string;
  readonly revision: string;
  readonly gate: {
    readonly state: string;
    readonly pinnedRevision: string;
    readonly newestRevision: string;
  } | null;
}

/** What the hub's API says of the source. */
async function reported(): Promise<ReportedObject | undefined> {
  const { items } = await api<{ items: ReportedObject[] }>('GET', '/objects?kind=GitRepository');
  return items[0];
}

async function pin(revision: string | undefined): Promise<void> {
  const { id: clusterId } = await api<{ id: string }>('GET', '/clusters/gated');
  const source = { kind: 'GitRepository', namespace: 'flux-system', name: 'web' };
  const standing = hub.app.get(StandingIntents, { strict: false });
  await hub.app.get(DataSource).transaction(async (manager) => {
    const target = { clusterId, source };
    if (revision === undefined) return standing.change(manager, { unpin: [target] }, new Date());
    const request = { ...target, revision, reason: 'a test', requestedBy: 'ada', rolloutId: null };
    return standing.change(manager, { pin: [request] }, new Date());
  });
}

it('a cluster goes where the hub pins it, says so, and takes nothing that is vetoed', async () => {
  const repository = await git.createRepository('web');
  const first = await repository.commit({ 'a.txt': 'one' });
  const web = gitRepository('web', repository.url, { interval: '1h' });
  await cluster.apply(web);

  // First without a hub: an object as Flux leaves it. Then a member of the fleet, and its author is known.
  await cluster.startAgent({ args: ['--interval-jitter-percentage=0'] });
  const alone = await cluster.until(web, ({ status }) => status?.artifact !== undefined);
  expect(alone.status?.artifact).not.toHaveProperty('metadata');
  await cluster.killAgent();
  const token = await makeJoinToken(hub);
  await cluster.startAgent({
    args: [
      `--hub-address=${hub.agentAddress}`,
      `--hub-enroll-address=${hub.enrolAddress}`,
      '--cluster-name=gated',
      '--interval-jitter-percentage=0',
    ],
    env: { FLOTILLA_AGENT_JOIN_TOKEN: token },
  });
  const joined = await cluster.until(web, (seen) => authorOf(seen) !== undefined);
  expect(authorOf(joined)).toBe('Test <test@example.test>');
  const { metadata: _, ...kept } = joined.status!.artifact as unknown as Record<string, unknown>;
  expect(kept, 'nothing was built again').toEqual({ ...alone.status?.artifact, url: kept['url'] });
  await waitFor('the report', async () => (await reported())?.revision === `main@sha1:${first}`);

  const second = await repository.commit({ 'a.txt': 'two' });
  const third = await repository.commit({ 'a.txt': 'three' });
  await pin(`main@sha1:${second}`);
  const pinned = await waitFor('the pin', async () => {
    const object = await reported();
    return object?.gate?.state === 'Pinned' && object;
  });
  expect(pinned).toMatchObject({
    revision: `main@sha1:${second}`,
    gate: { pinnedRevision: `main@sha1:${second}`, newestRevision: `main@sha1:${third}` },
  });

  await api('POST', '/vetoes', { url: repository.url, revision: `main@sha1:${third}`, reason: 'bad' });
  await pin(undefined);
  const held = await waitFor('the veto', async () => {
    const object = await reported();
    return object?.gate?.state === 'Held' && object;
  });
  expect(held.revision).toBe(`main@sha1:${second}`);
  const { gate } = await api<{ gate: { version: number; acknowledgedVersion: number } }>(
    'GET',
    '/clusters/gated',
  );
  expect(gate.acknowledgedVersion).toBe(gate.version);
});

function authorOf({ status }: Observed): string | undefined {
  const artifact = status?.artifact as { metadata?: Record<string, string> } | undefined;
  return artifact?.metadata?.['fleet.flotilla.dev/author'];
}
