// The agent is killed at chosen moments of an apply. A gate in front of the API server (or of Git) holds one request:
// before the server has seen it, or when the server has done it and the agent cannot know. Then the process dies.
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  conditionOf,
  configMap,
  type FluxObject,
  gitRepository,
  kustomization,
  manifest,
  pathOf,
} from '../e2e/flux-objects.js';
import type { ManagedCluster } from '../e2e/managed-cluster.js';
import { waitFor } from '../servers/wait-for.js';
import { type App, type AppOptions, inventoryOf } from './app.js';
import { type HeldBuild, holdableBuild } from './held-build.js';
import { itemName, type Items, range } from './items.js';
import type { Held, RequestGate, SeenRequest, Side } from './request-gate.js';
import { World } from './world.js';

let world: World;
let cluster: ManagedCluster;
let kubeGate: RequestGate;
let gitGate: RequestGate;
let build: HeldBuild;
let held: Stopped | undefined;

beforeAll(async () => {
  world = await World.start({ workloads: true });
  cluster = world.cluster;
  const kube = await world.gateOfKube();
  kubeGate = kube.gate;
  gitGate = await world.gateOfGit();
  build = await holdableBuild(cluster.folder.path);
  await world.startAgent({ kubeconfig: kube.kubeconfig, args: [`--kustomize-path=${build.program}`] });
});

afterEach(() => held?.release());
afterAll(() => world?.stop());

const behindGate = (name: string): AppOptions => ({ url: `${gitGate.url}/${name}.git` });
const newApp = (name: string): Promise<App> => world.app(name, behindGate(name));
const readyApp = (name: string, items: Items): Promise<App> => world.readyApp(name, items, behindGate(name));
const indexOf = (moment: string): number => moments.findIndex(([name]) => name === moment);

/** A dry-run of the apply. */
function tries(app: string, item: number) {
  return ({ method, path }: SeenRequest): boolean =>
    method === 'PATCH' &&
    path.includes('dryRun') &&
    path.split('?')[0] === pathOf(configMap(app, itemName(item)));
}

const isRealWrite = ({ path }: SeenRequest): boolean => !path.includes('dryRun');

function writes(method: string, app: string, item: number) {
  return (request: SeenRequest): boolean =>
    request.method === method &&
    isRealWrite(request) &&
    request.path.split('?')[0] === pathOf(configMap(app, itemName(item)));
}

/** A status write of the Kustomization that says this. */
function saysOf(app: string, text: string) {
  return ({ method, path, body }: SeenRequest): boolean =>
    method === 'PATCH' && path.startsWith(`${pathOf(kustomization(app))}/status`) && body.includes(text);
}

/** The last status write of a reconcile: the one that brings the inventory of the new commit. */
const writesStatus = (app: string, item: number) => saysOf(app, `${app}_${itemName(item)}__ConfigMap`);

/** The status write that offers a new artifact. */
function offersArtifact(app: string) {
  return ({ method, path, body }: SeenRequest): boolean =>
    method === 'PATCH' &&
    path.startsWith(`${pathOf(gitRepository(app, ''))}/status`) &&
    body.includes('"digest":');
}

/** A write of the Kustomization itself: its finalizer comes or goes. */
function writesFinalizers(app: string) {
  return ({ method, path }: SeenRequest): boolean =>
    method === 'PATCH' && path.split('?')[0] === pathOf(kustomization(app));
}

/** Stops the agent's work somewhere, and says when it is there. */
type Stop = (app: string) => Stopped;
type Stopped = Pick<Held, 'release'> & { readonly reached: Promise<unknown> };

const atKube =
  (side: Side, request: (app: string) => (seen: SeenRequest) => boolean): Stop =>
  (app) =>
    kubeGate.hold(side, request(app));

/** The steps of flux-compat 3.2, in their order. */
const moments: ReadonlyArray<readonly [moment: string, stop: Stop]> = [
  [
    'while it fetches the commit',
    (app) =>
      gitGate.hold(
        'request',
        ({ method, path }) => method === 'POST' && path === `/${app}.git/git-upload-pack`,
      ),
  ],
  ['before the source offers the artifact it has stored', atKube('request', offersArtifact)],
  ['when the source has just offered the artifact', atKube('answer', offersArtifact)],
  ['before it says that it builds', atKube('request', (app) => saysOf(app, 'Building manifests'))],
  ['while kustomize builds', () => build.hold()],
  ['while the server tries the apply of an object', atKube('request', (app) => tries(app, 14))],
  [
    'before one of the new objects is created, when others are',
    atKube('request', (app) => writes('PATCH', app, 14)),
  ],
  [
    'when the server has created an object and the answer is on its way',
    atKube('answer', (app) => writes('PATCH', app, 14)),
  ],
  ['before an object is pruned', atKube('request', (app) => writes('DELETE', app, 1))],
  [
    'when the server has pruned an object and the answer is on its way',
    atKube('answer', (app) => writes('DELETE', app, 1)),
  ],
  ['between the apply and the status write', atKube('request', (app) => writesStatus(app, 14))],
  [
    'when the server has the status and the answer is on its way',
    atKube('answer', (app) => writesStatus(app, 14)),
  ],
];

const before: Items = range(1, 10, 'one');
/** Prunes item 1, changes 2 to 10, creates 11 to 20. */
const during: Items = range(2, 20, 'two');
/** Takes back some of what the killed run has created, and some of what was there. */
const after: Items = { ...range(3, 12, 'three'), ...range(15, 20, 'two') };

/** Kills the agent when its work has come to where `stop` stops it. */
async function killAt(stop: Stop, app: App, act: () => Promise<unknown>): Promise<void> {
  const stopped = (held = stop(app.name));
  await act();
  await comesTo(stopped);
  await cluster.killAgent();
  stopped.release();
}

const comesTo = ({ reached }: Stopped): Promise<unknown> =>
  Promise.race([
    reached,
    waitFor('the moment of the kill', () => undefined, { timeoutMs: 20_000, intervalMs: 1_000 }),
  ]);

async function commitDuring(app: App): Promise<void> {
  await app.commit(during);
  await cluster.fetch(app.name);
}

describe('an agent that is killed with SIGKILL', () => {
  it.each(moments)('%s ends in the state of Git after its restart', async (moment, stop) => {
    const app = await readyApp(`same-${indexOf(moment)}`, before);
    await killAt(stop, app, () => commitDuring(app));
    const commit = await app.commit(during);
    await cluster.startAgent();
    await cluster.fetch(app.name);
    await app.holdsExactly(during, commit);
  });

  it.each(moments)('%s leaks nothing when Git has moved on before its restart', async (moment, stop) => {
    const app = await readyApp(`moved-${indexOf(moment)}`, before);
    await killAt(stop, app, () => commitDuring(app));
    const commit = await app.commit(after);
    await cluster.startAgent();
    await cluster.fetch(app.name);
    await app.holdsExactly(after, commit);
  });

  it.each<readonly [string, Side]>([
    ['before the finalizer is set', 'request'],
    ['when the finalizer is set and the answer is on its way', 'answer'],
  ])('%s applies after its restart, and removes all with the Kustomization', async (_, side) => {
    const app = await newApp(`first-${side}`);
    const commit = await app.commit(before);
    await killAt(atKube(side, writesFinalizers), app, () => world.declare(app));
    await cluster.startAgent();
    await app.holdsExactly(before, commit);
    await app.remove();
    await app.isGone();
  });

  it('during the wait for health becomes ready when its restart finds the objects healthy', async () => {
    const name = 'health';
    await cluster.createNamespace(name);
    const repository = await world.git.createRepository(name);
    const commit = await repository.commit({ 'app.yaml': manifest(slowDeployment(name, 4)) });
    await cluster.apply(
      gitRepository(name, repository.url),
      kustomization(name, { wait: true, timeout: '1m' }),
    );
    await cluster.until(
      kustomization(name),
      (seen) =>
        conditionOf(seen, 'Reconciling')?.message.startsWith('Running health checks') === true &&
        conditionOf(seen, 'Healthy')?.status === 'Unknown',
    );
    await cluster.killAgent();
    await cluster.startAgent();
    const seen = await cluster.reaches(name, commit);
    expect(conditionOf(seen, 'Healthy')).toMatchObject({ status: 'True', reason: 'Succeeded' });
    expect(inventoryOf(seen)).toEqual([`${name}_app_apps_Deployment`]);
  });

  it.each<readonly [string, Stop]>([
    ['before it deletes an object', atKube('request', (app) => writes('DELETE', app, 5))],
    [
      'when an object is deleted and the answer is on its way',
      atKube('answer', (app) => writes('DELETE', app, 5)),
    ],
    ['before it takes the finalizer away', atKube('request', writesFinalizers)],
    ['when the finalizer is gone and the answer is on its way', atKube('answer', writesFinalizers)],
  ])('of a deleted Kustomization %s, removes the rest and lets it go', async (moment, stop) => {
    const app = await readyApp(`deleted-${moment.length}`, before);
    await killAt(stop, app, () => app.remove());
    await cluster.startAgent();
    await app.isGone();
  });

  it('again and again while commits with many objects come, ends in the state of the last one', async () => {
    const app = await readyApp('often', range(1, 150, 'start'));
    for (const [round, pauseMs] of [120, 450, 800, 1_200].entries()) {
      await app.commit(range(1 + 20 * round, 150 + 20 * round, `round-${round}`));
      await cluster.fetch(app.name);
      await sleep(pauseMs);
      await cluster.killAgent();
      await cluster.startAgent();
    }
    const last = range(50, 180, 'last');
    const commit = await app.commit(last);
    await cluster.fetch(app.name);
    await app.holdsExactly(last, commit);
  });

  // The journal of an apply lies in the storage folder. Without it Flux's own guarantee is left: the inventory of the
  // last success, and what Git names.
  it('and has lost its storage too, takes up what Git names and leaves what no inventory knows', async () => {
    const app = await readyApp('lost', before);
    await killAt(
      atKube('answer', (name) => writes('PATCH', name, 14)),
      app,
      () => commitDuring(app),
    );
    rmSync(cluster.storage, { recursive: true });
    const commit = await app.commit(after);
    await cluster.startAgent();
    await cluster.fetch(app.name);
    const seen = await cluster.reaches(app.name, commit);
    const known = Object.keys(after).map((item) => itemName(item));
    expect(inventoryOf(seen)).toEqual(known.map((name) => `${app.name}_${name}__ConfigMap`).toSorted());
    const left = Object.keys(await cluster.configMaps(app.name)).filter((name) => !known.includes(name));
    expect(left).toContain(itemName(14));
    expect(left.filter((name) => Number(name.slice(5)) <= 10)).toEqual([]);
  });
});

/** Ready some seconds after it was made. */
function slowDeployment(namespace: string, seconds: number): FluxObject {
  const labels = { app: 'app' };
  const containers = [{ name: 'app', image: `app:slow-${seconds}` }];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'app', namespace },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
    },
  };
}
