// Three clusters, each with a control plane and an agent of its own, and one hub that people ask about all of them.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Fleet, startFleet } from '../servers/fleet.js';
import type { GitRepository } from '../servers/git-repository.js';
import { type GitServer, startGitServer } from '../servers/git-server.js';
import { waitFor } from '../servers/wait-for.js';
import { configMap, gitRepository, kustomization, manifest } from './flux-objects.js';
import type { ClusterView, IntentView, ObjectView, WhereView } from './hub-client.js';
import { HubProcess } from './hub-process.js';
import { ManagedCluster } from './managed-cluster.js';
import { readStream } from './read-stream.js';

const names = ['dev', 'staging', 'prod'] as const;
type Name = (typeof names)[number];

let fleet: Fleet;
let git: GitServer;
let hub: HubProcess;
let repository: GitRepository & { readonly url: string };
const clusters = new Map<Name, ManagedCluster>();
const of = (name: Name): ManagedCluster => clusters.get(name)!;

beforeAll(async () => {
  [fleet, git, hub] = await Promise.all([
    startFleet(names.length, { controllerManager: false }),
    startGitServer(),
    HubProcess.start(),
  ]);
  repository = await git.createRepository('fleet');
  await commit('one');
  for (const [index, name] of names.entries()) {
    const cluster = await ManagedCluster.prepare(fleet.clusters[index]!);
    clusters.set(name, cluster);
    await cluster.createNamespace('apps');
    await cluster.apply(
      gitRepository('fleet', repository.url),
      kustomization('apps', { path: './apps', sourceRef: { kind: 'GitRepository', name: 'fleet' } }),
    );
  }
});

afterAll(async () => {
  await Promise.all([...clusters.values()].map((cluster) => cluster.stop()));
  await Promise.all([hub?.stop(), git?.stop(), fleet?.stop()]);
});

function commit(value: string): Promise<string> {
  return repository.commit({ 'apps/settings.yaml': manifest(configMap('apps', 'settings', { value })) });
}

async function clusterIs(name: Name, wanted: Partial<ClusterView>): Promise<void> {
  await waitFor(`${name} to be ${JSON.stringify(wanted)}`, async () => {
    const seen = await hub.api.cluster(name);
    return Object.entries(wanted).every(([key, value]) => seen[key as keyof ClusterView] === value);
  });
}

async function ask(body: Readonly<Record<string, unknown>>): Promise<IntentView[]> {
  const object = { kind: 'Kustomization', namespace: 'flux-system', name: 'apps' };
  return (await hub.api.call<{ items: IntentView[] }>('POST', '/intents', { object, ...body })).items;
}

async function outcomeOf({ id }: IntentView): Promise<IntentView> {
  return waitFor('the outcome of an intent', async () => {
    const intent = await hub.api.call<IntentView>('GET', `/intents/${id}`);
    return ['Succeeded', 'Failed', 'Refused', 'Expired'].includes(intent.state) && intent;
  });
}

/** Rows of the state tables that agents have sent to this hub so far. */
async function rowsReceived(): Promise<number> {
  const text = await (await fetch(`${hub.url}/metrics`)).text();
  const values = text
    .split('\n')
    .filter((line) => line.startsWith('flotilla_hub_object_rows_written_total'))
    .map((line) => Number(line.split(' ').at(-1)));
  expect(values).not.toEqual([]);
  return values.reduce((sum, value) => sum + value, 0);
}

describe('a fleet of three clusters', () => {
  it('takes one cluster in by a join token for one use, and refuses the next', async () => {
    const token = await hub.api.joinToken({ uses: 1 });
    const env = { FLOTILLA_AGENT_JOIN_TOKEN: token };
    await of('dev').startAgent({ args: (await hub.membership('dev')).args, env });
    await clusterIs('dev', { ready: true, freshness: 'Live', connected: true });

    const staging = of('staging');
    await staging.startAgent({ args: (await hub.membership('staging')).args, env });
    await waitFor('the refusal', () =>
      /good for enrolling once and has been used/.test(readFileSync(staging.log, 'utf8')),
    );
    await staging.reaches('apps', await repository.head());
    expect((await hub.api.send('GET', '/clusters/staging')).status).toBe(404);
    await staging.agent.stop();
  });

  it('takes the others in by tokens of their own', async () => {
    await of('staging').startAgent(await hub.membership('staging'));
    const { args, env } = await hub.membership('prod');
    await of('prod').startAgent({
      args: [...args, '--hub-intents=reconcile', '--cluster-labels=tier=gold'],
      env,
    });
    for (const name of names) await clusterIs(name, { ready: true, freshness: 'Live', connected: true });
    expect((await hub.api.cluster('prod')).labels).toMatchObject({ tier: 'gold' });
  });

  it('is one list of objects for whoever asks', async () => {
    const all = await hub.api.list<ObjectView>('/objects');
    const seen = all.map(({ cluster, kind, name, ready }) => `${cluster}/${kind}/${name} ${ready}`);
    const expected = names.flatMap((name) => [
      `${name}/GitRepository/fleet true`,
      `${name}/Kustomization/apps true`,
    ]);
    expect(seen.toSorted()).toEqual(expected.toSorted());
    const gold = await hub.api.list<ObjectView>('/objects?labelSelector=tier%3Dgold&kind=Kustomization');
    expect(gold.map(({ cluster }) => cluster)).toEqual(['prod']);
  });

  it('tells how far a commit has come, and says so live', async () => {
    const stream = await readStream(`${hub.url}/api/v1/stream?topics=objects`, hub.api.token);
    const id = await commit('two');
    await of('dev').fetch('fleet');
    await of('dev').reaches('apps', id);
    const where = async (): Promise<Record<string, string>> => {
      const { clusters: found } = await hub.api.call<WhereView>('GET', `/where/${id}`);
      return Object.fromEntries(found.map(({ cluster, state }) => [cluster, state]));
    };
    await waitFor('dev to be there', async () => (await where())['dev'] === 'Reached');
    expect(await where()).toEqual({ dev: 'Reached', staging: 'Behind', prod: 'Behind' });
    const update = await stream.next(({ event, data }) => {
      const object = data as unknown as ObjectView;
      const isApp = event === 'object' && object.cluster === 'dev' && object.kind === 'Kustomization';
      return isApp && object.ready && object.revision === `main@sha1:${id}`;
    });
    expect(update.data).toMatchObject({ sync: 'Synced', health: 'Healthy' });
    stream.close();
  });

  it('carries out what people ask for, and shows the outcome', async () => {
    const [intent] = await ask({ action: 'reconcile', clusters: ['staging'], withSource: true });
    expect(await outcomeOf(intent!)).toMatchObject({ cluster: 'staging', state: 'Succeeded' });
    const id = await repository.head();
    await of('staging').reaches('apps', id, { timeoutMs: 5_000 });

    const [suspend] = await ask({ action: 'suspend', clusters: ['staging'] });
    expect(await outcomeOf(suspend!)).toMatchObject({ state: 'Succeeded' });
    expect((await of('staging').read(kustomization('apps')))?.spec?.suspend).toBe(true);
    await clusterIs('staging', { ready: false, health: 'Suspended' });
    await commit('three');
    await of('staging').fetch('fleet');
    await sleep(1_500);
    expect(await of('staging').configMaps('apps')).toEqual({ settings: { value: 'two' } });

    const [resume] = await ask({ action: 'resume', clusters: ['staging'] });
    expect(await outcomeOf(resume!)).toMatchObject({ state: 'Succeeded' });
    await of('staging').reaches('apps', await repository.head());
    await clusterIs('staging', { ready: true, health: 'Healthy' });
  });

  it('refuses what the policy of a cluster forbids, and leaves the object alone', async () => {
    const [refused] = await ask({ action: 'suspend', clusters: ['prod'] });
    const outcome = await outcomeOf(refused!);
    expect(outcome.state).toBe('Refused');
    expect(outcome.message).toMatch(/--hub-intents/);
    expect((await of('prod').read(kustomization('apps')))?.spec?.suspend ?? false).toBe(false);
    const [allowed] = await ask({ action: 'reconcile', labelSelector: 'tier=gold', withSource: true });
    expect(await outcomeOf(allowed!)).toMatchObject({ cluster: 'prod', state: 'Succeeded' });
    await of('prod').reaches('apps', await repository.head());
  });

  it('knows an agent that was restarted by its Secret, and is not sent what it knows', async () => {
    await of('dev').reaches(
      'apps',
      await of('dev')
        .fetch('fleet')
        .then(() => repository.head()),
    );
    await clusterIs('dev', { ready: true });
    for (const way of ['stop', 'kill'] as const) {
      const before = await hub.api.cluster('dev');
      const rows = await rowsReceived();
      await (way === 'stop' ? of('dev').agent.stop() : of('dev').killAgent());
      await waitFor('the end of the session', async () => !(await hub.api.cluster('dev')).connected);
      await of('dev').startAgent();
      await clusterIs('dev', { connected: true, ready: true, freshness: 'Live' });
      await waitFor('a heartbeat', async () => (await hub.api.cluster('dev')).observedAt > before.observedAt);
      await sleep(1_000);
      expect(await rowsReceived()).toBe(rows);
      expect(await hub.api.cluster('dev')).toMatchObject({ enrolledAt: (before as never)['enrolledAt'] });
    }
  });

  it('cuts a cluster off at once that is revoked, and that goes on reconciling', async () => {
    await hub.api.call('POST', '/clusters/prod/revoke', { reason: 'moved out' });
    const asked = Date.now();
    await waitFor(
      'the cut',
      async () => {
        const { connected, revoked } = await hub.api.cluster('prod');
        return revoked && !connected;
      },
      { timeoutMs: 5_000 },
    );
    expect(Date.now() - asked).toBeLessThan(5_000);
    const id = await commit('four');
    await of('prod').fetch('fleet');
    await of('prod').reaches('apps', id);
    const seen = (await hub.api.objects('prod')).find(({ kind }) => kind === 'Kustomization');
    expect(seen?.revision).not.toBe(`main@sha1:${id}`);
    await of('prod').agent.stop();
    await of('prod').startAgent();
    await waitFor('the agent to be turned away', () =>
      /turned this agent away|PERMISSION_DENIED|UNAUTHENTICATED/.test(readFileSync(of('prod').log, 'utf8')),
    );
    await of('prod').patch(configMap('apps', 'settings'), { data: { value: 'by hand' } });
    await waitFor(
      'the correction',
      async () => (await of('prod').configMaps('apps'))['settings']?.['value'] === 'four',
    );
    expect(await hub.api.cluster('prod')).toMatchObject({ revoked: true, connected: false, ready: false });
  });
});
