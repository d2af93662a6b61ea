// The hub, its database and the network break while an agent reports. What the hub says afterwards is compared with the
// API server, object by object; what the cluster does meanwhile is compared with Git.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { conditionOf, configMap, gitRepository, kustomization, manifest } from '../e2e/flux-objects.js';
import type { EventView, ObjectView } from '../e2e/hub-client.js';
import { HubProcess } from '../e2e/hub-process.js';
import { ManagedCluster } from '../e2e/managed-cluster.js';
import { type ControlPlane, startControlPlane } from '../servers/control-plane.js';
import type { GitRepository } from '../servers/git-repository.js';
import { type GitServer, startGitServer } from '../servers/git-server.js';
import { type Postgres, startPostgres } from '../servers/postgres.js';
import { waitFor } from '../servers/wait-for.js';
import { type FreezingProxy, startFreezingProxy } from './freezing-proxy.js';
import { measured } from './measured.js';

// A loss is noticed after 20 s, and a busy machine is slow on top of that: the limits that count stand in the tests.
vi.setConfig({ testTimeout: 180_000 });

const name = 'prod';
const apps = Array.from({ length: 16 }, (_, index) => `app-${String(index).padStart(2, '0')}`);

let plane: ControlPlane;
let git: GitServer;
let cluster: ManagedCluster;
let repository: GitRepository & { readonly url: string };
let version = 0;

beforeAll(async () => {
  [plane, git] = await Promise.all([startControlPlane({ name, controllerManager: false }), startGitServer()]);
  cluster = await ManagedCluster.prepare(plane);
  await cluster.createNamespace('apps');
  repository = await git.createRepository('apps');
  await commit();
  await cluster.apply(
    gitRepository('apps', repository.url),
    ...apps.map((app) =>
      kustomization(app, { path: `./${app}`, sourceRef: { kind: 'GitRepository', name: 'apps' } }),
    ),
  );
});

afterAll(async () => {
  await cluster?.stop();
  await Promise.all([git?.stop(), plane?.stop()]);
});

/** Changes all apps in Git and asks the agent to look. */
async function commit(): Promise<string> {
  version += 1;
  const text = String(version);
  const files = apps.map((app) => [
    `${app}/config.yaml`,
    manifest(configMap('apps', app, { version: text })),
  ]);
  return repository.commit(Object.fromEntries(files) as Record<string, string>);
}

async function roll(): Promise<string> {
  const id = await commit();
  await cluster.fetch('apps');
  return id;
}

async function reachesAll(id: string): Promise<void> {
  for (const app of apps) await cluster.reaches(app, id);
}

/** What both the hub and the API server say of an object. */
function truthOfHub(view: ObjectView): unknown {
  const { kind, reason, message, revision, generation, observedGeneration, suspended, inventory } = view;
  return {
    key: `${kind}/${view.name}`,
    facts: { reason, message, revision, generation, observedGeneration, suspended },
    entries: inventory?.entries ?? null,
  };
}

async function truthOfCluster(): Promise<unknown[]> {
  return (await cluster.fluxObjects()).map((object) => {
    const { kind, metadata, spec, status } = object;
    const ready = conditionOf(object, 'Ready');
    return {
      key: `${kind}/${metadata.name}`,
      facts: {
        reason: ready?.reason,
        message: ready?.message,
        revision: status?.artifact?.revision ?? status?.lastAppliedRevision,
        generation: metadata.generation,
        observedGeneration: status?.observedGeneration,
        suspended: spec?.suspend ?? false,
      },
      entries: kind === 'Kustomization' ? (status?.inventory?.entries.length ?? 0) : null,
    };
  });
}

const byKey = (list: readonly unknown[]): unknown[] =>
  list.map((one) => one as { key: string }).toSorted((a, b) => a.key.localeCompare(b.key));

/** Waits until the hub says of every object what the API server says, and that it is live. */
async function knowsTheTruth(hub: HubProcess, withinMs: number): Promise<void> {
  let seen: unknown[] = [];
  let truth: unknown[] = [];
  await waitFor(
    'the hub to know the truth',
    async () => {
      const objects = await hub.api.objects(name);
      truth = byKey(await truthOfCluster());
      seen = byKey(objects.map(truthOfHub));
      const live = objects.every(({ freshness }) => freshness === 'Live');
      return live && JSON.stringify(seen) === JSON.stringify(truth);
    },
    { timeoutMs: withinMs, intervalMs: 100 },
  ).catch((error: unknown) => {
    expect(seen).toEqual(truth);
    throw error;
  });
}

/** Each revision that was applied is told exactly once by the source, and by each app. */
async function toldExactlyOnce(hub: HubProcess, commits: readonly string[]): Promise<void> {
  const count = (events: readonly EventView[], kind: string, id: string, text: RegExp): string[] =>
    events
      .filter(({ object, message, metadata }) => {
        return object?.kind === kind && text.test(message) && metadata['revision'] === `main@sha1:${id}`;
      })
      .map(({ object }) => object!.name)
      .toSorted();
  const expected = commits.flatMap((id) => [
    { id, kind: 'GitRepository', told: ['apps'] },
    { id, kind: 'Kustomization', told: apps },
  ]);
  const tell = async (): Promise<unknown[]> => {
    const events = await hub.api.events(name);
    expect(events.filter(({ reason }) => reason === 'RecordsLost')).toEqual([]);
    return commits.flatMap((id) => [
      { id, kind: 'GitRepository', told: count(events, 'GitRepository', id, /^stored artifact/) },
      { id, kind: 'Kustomization', told: count(events, 'Kustomization', id, /^Reconciliation finished/) },
    ]);
  };
  const total = (list: readonly unknown[]): number =>
    list.reduce<number>((sum, one) => sum + (one as { told: string[] }).told.length, 0);
  await waitFor('all events to arrive', async () => total(await tell()) >= total(expected)).catch(
    () => undefined,
  );
  // Doubles come late if they come: a second look after the agent has said all it has to say.
  await sleep(500);
  expect(await tell()).toEqual(expected);
}

const databases = [
  { database: 'its embedded PostgreSQL', external: false },
  { database: 'an external PostgreSQL', external: true },
];

describe.each(databases)('a hub with $database', ({ external }) => {
  let postgres: Postgres | undefined;
  let database: FreezingProxy | undefined;
  let network: FreezingProxy;
  let hub: HubProcess;

  beforeAll(async () => {
    if (external) {
      postgres = await startPostgres();
      const url = new URL(await postgres.createDatabase());
      database = await startFreezingProxy(url.host);
      url.host = database.address;
      hub = await HubProcess.start({ databaseUrl: url.href });
    } else hub = await HubProcess.start();
    network = await startFreezingProxy(hub.agentAddress);
    await cluster.plane.kube.send({
      method: 'DELETE',
      path: '/api/v1/namespaces/flux-system/secrets/flotilla-agent-identity',
    });
    await cluster.startAgent(await hub.membership(name, network.address));
    await reachesAll(await roll());
    await knowsTheTruth(hub, 30_000);
  });

  afterAll(async () => {
    await cluster.agent.stop();
    await network?.stop();
    await hub?.stop();
    await database?.stop();
    await postgres?.stop();
  });

  it('that is killed while the agent reports knows the truth within 30 s, and no event is lost or doubled', async () => {
    const commits: string[] = [];
    for (const pauseMs of [100, 500]) {
      commits.push(await roll());
      await sleep(pauseMs);
      await hub.kill();
      await reachesAll(commits.at(-1)!);
      commits.push(await roll());
      await reachesAll(commits.at(-1)!);
      const restarted = Date.now();
      await hub.restart();
      const upMs = Date.now() - restarted;
      await knowsTheTruth(hub, 30_000);
      measured('hub: restart to truth', {
        database: external ? 'external' : 'embedded',
        upMs,
        truthMs: Date.now() - restarted,
      });
    }
    await toldExactlyOnce(hub, commits);
  });

  it('that is down holds up neither commits nor the correction of drift', async () => {
    await hub.kill();
    const pushed = Date.now();
    await reachesAll(await roll());
    measured('cluster: commit to 16 applied Kustomizations, hub down', { ms: Date.now() - pushed });
    for (const app of ['app-00', 'app-11', 'app-15']) {
      const edited = Date.now();
      await cluster.patch(configMap('apps', app), { data: { version: 'by hand' } });
      await waitFor(
        `the correction of ${app}`,
        async () => (await cluster.read(configMap('apps', app)))?.data?.['version'] === String(version),
        { timeoutMs: 10_000, intervalMs: 5 },
      );
      measured('cluster: drift to correction, hub down', { ms: Date.now() - edited });
    }
    await hub.restart();
    await knowsTheTruth(hub, 30_000);
  });

  it('takes an agent back that was restarted while the hub was down, with the events that it had kept', async () => {
    await hub.kill();
    const commits = [await roll()];
    await reachesAll(commits[0]!);
    // An event follows the status that it is about: one that the process could not write down was never told.
    await sleep(500);
    await cluster.killAgent();
    await cluster.startAgent();
    commits.push(await roll());
    await reachesAll(commits.at(-1)!);
    await hub.restart();
    await knowsTheTruth(hub, 30_000);
    await toldExactlyOnce(hub, commits);
  });

  it.runIf(external)(
    'says that it is not ready while its database is away, and knows the truth when it is back',
    async () => {
      const commits: string[] = [];
      for (const fault of ['cut', 'freeze'] as const) {
        database![fault]();
        commits.push(await roll());
        await reachesAll(commits.at(-1)!);
        await waitFor('the hub to be unready', async () => !(await isReady(hub)));
        database!.cut();
        database!.mend();
        const mended = Date.now();
        await knowsTheTruth(hub, 30_000);
        measured('hub: database back to truth', { fault, truthMs: Date.now() - mended });
      }
      await toldExactlyOnce(hub, commits);
    },
  );

  it.skipIf(external).each(['cut', 'freeze'] as const)(
    'shows a cluster as Stale within 30 s when the network is lost (%s), and Live when it is back',
    async (fault) => {
      network[fault]();
      const lost = Date.now();
      const ready: string[] = [];
      await waitFor(
        'the cluster to be Stale',
        async () => {
          const seen = await hub.api.cluster(name);
          if (seen.freshness !== 'Live' && seen.ready) ready.push(seen.freshness);
          return seen.freshness === 'Stale';
        },
        { timeoutMs: 30_000, intervalMs: 200 },
      );
      measured('hub: network lost to Stale', { fault, ms: Date.now() - lost });
      const id = await roll();
      await reachesAll(id);
      const stale = await hub.api.cluster(name);
      expect(stale).toMatchObject({ ready: false, freshness: 'Stale' });
      expect(stale.reason).not.toBe('');
      expect((await hub.api.objects(name)).filter((object) => object.ready)).toEqual([]);
      expect(ready).toEqual([]);
      network.mend();
      const mended = Date.now();
      await knowsTheTruth(hub, 60_000);
      measured('hub: network back to truth', { fault, ms: Date.now() - mended });
      await toldExactlyOnce(hub, [id]);
    },
  );
});

async function isReady(hub: HubProcess): Promise<boolean> {
  const answer = await fetch(`${hub.url}/readyz`, { signal: AbortSignal.timeout(5_000) }).catch(
    () => undefined,
  );
  return answer?.ok ?? false;
}
