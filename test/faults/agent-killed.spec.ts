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
  type Observed,
  pathOf,
} from '../e2e/flux-objects.js';
import { ManagedCluster } from '../e2e/managed-cluster.js';
import { type ControlPlane, startControlPlane } from '../servers/control-plane.js';
import { type GitServer, startGitServer } from '../servers/git-server.js';
import { writeKubeconfig } from '../servers/kubeconfig.js';
import { waitFor } from '../servers/wait-for.js';
import { type Held, type RequestGate, type SeenRequest, startRequestGate } from './request-gate.js';

let plane: ControlPlane;
let git: GitServer;
let cluster: ManagedCluster;
let kubeGate: RequestGate;
let gitGate: RequestGate;
let held: Held | undefined;

beforeAll(async () => {
  [plane, git] = await Promise.all([startControlPlane({ workloads: true }), startGitServer()]);
  cluster = await ManagedCluster.prepare(plane);
  kubeGate = await startRequestGate(new URL(plane.url), plane.caData);
  gitGate = await startRequestGate(new URL(git.url));
  const kubeconfig = `${cluster.folder.path}/gate.kubeconfig`;
  writeKubeconfig(kubeconfig, { url: kubeGate.url, caData: plane.caData, token: plane.adminToken }, 'gate');
  // These tests delete much on purpose; the delete budget has its own.
  await cluster.startAgent({ kubeconfig, args: ['--delete-budget=off'] });
});

afterEach(() => held?.release());

afterAll(async () => {
  await cluster?.stop();
  await Promise.all([kubeGate?.stop(), gitGate?.stop()]);
  await Promise.all([git?.stop(), plane?.stop()]);
});

/** Version of each item, by its number: what Git declares. */
type Items = Readonly<Record<number, string>>;

const itemName = (item: number | string): string => `item-${String(item).padStart(2, '0')}`;
const range = (from: number, to: number, version: string): Items =>
  Object.fromEntries(Array.from({ length: to - from + 1 }, (_, index) => [from + index, version]));

class App {
  #files = new Set<string>();

  private constructor(
    readonly name: string,
    private readonly repository: Awaited<ReturnType<GitServer['createRepository']>>,
  ) {}

  /** A namespace, a repository and a Kustomization of its own, ready on the first commit. */
  static async ready(name: string, items: Items): Promise<App> {
    await cluster.createNamespace(name);
    const app = new App(name, await git.createRepository(name));
    const commit = await app.commit(items);
    await cluster.apply(gitRepository(name, `${gitGate.url}/${name}.git`), kustomization(name));
    await cluster.reaches(name, commit);
    return app;
  }

  /** Makes the repository declare exactly these items. */
  async commit(items: Items): Promise<string> {
    const files = Object.fromEntries(
      Object.entries(items).map(([item, version]) => [
        `${itemName(item)}.yaml`,
        manifest(configMap(this.name, itemName(item), { version })),
      ]),
    );
    const gone = [...this.#files].filter((file) => !(file in files)).map((file) => [file, null] as const);
    this.#files = new Set(Object.keys(files));
    return this.repository.commit({ ...files, ...Object.fromEntries(gone) });
  }

  /** What is in the cluster is what Git declares, and the inventory names it all. */
  async holdsExactly(items: Items, commit: string): Promise<void> {
    const seen = await cluster.reaches(this.name, commit);
    const declared = Object.fromEntries(
      Object.entries(items).map(([item, version]) => [itemName(item), { version }]),
    );
    expect(await cluster.configMaps(this.name)).toEqual(declared);
    expect(inventoryOf(seen)).toEqual(
      Object.keys(declared)
        .map((name) => `${this.name}_${name}__ConfigMap`)
        .toSorted(),
    );
  }
}

function inventoryOf(seen: Observed): string[] {
  return (seen.status?.inventory?.entries ?? []).map(({ id }) => id).toSorted();
}

const isRealWrite = ({ path }: SeenRequest): boolean => !path.includes('dryRun');

function writes(method: string, app: string, item: number) {
  return (request: SeenRequest): boolean =>
    request.method === method &&
    isRealWrite(request) &&
    request.path.split('?')[0] === pathOf(configMap(app, itemName(item)));
}

/** The last status write of a reconcile: the one that brings the inventory of the new commit. */
function writesStatus(app: string, item: number) {
  return ({ method, path, body }: SeenRequest): boolean =>
    method === 'PATCH' &&
    path.startsWith(`${pathOf(kustomization(app))}/status`) &&
    body.includes(`${app}_${itemName(item)}__ConfigMap`);
}

interface Moment {
  moment: string;
  gate: () => RequestGate;
  side: 'request' | 'answer';
  request: (app: string) => (seen: SeenRequest) => boolean;
}

const moments: readonly Moment[] = [
  {
    moment: 'while it fetches the commit',
    gate: () => gitGate,
    side: 'request',
    request: (app) => (seen) => seen.method === 'POST' && seen.path === `/${app}.git/git-upload-pack`,
  },
  {
    moment: 'before one of the new objects is created, when others are',
    gate: () => kubeGate,
    side: 'request',
    request: (app) => writes('PATCH', app, 14),
  },
  {
    moment: 'when the server has created an object and the answer is on its way',
    gate: () => kubeGate,
    side: 'answer',
    request: (app) => writes('PATCH', app, 14),
  },
  {
    moment: 'before an object is pruned',
    gate: () => kubeGate,
    side: 'request',
    request: (app) => writes('DELETE', app, 1),
  },
  {
    moment: 'when the server has pruned an object and the answer is on its way',
    gate: () => kubeGate,
    side: 'answer',
    request: (app) => writes('DELETE', app, 1),
  },
  {
    moment: 'between the apply and the status write',
    gate: () => kubeGate,
    side: 'request',
    request: (app) => writesStatus(app, 14),
  },
  {
    moment: 'when the server has the status and the answer is on its way',
    gate: () => kubeGate,
    side: 'answer',
    request: (app) => writesStatus(app, 14),
  },
];

const before: Items = range(1, 10, 'one');
/** Prunes item 1, changes 2 to 10, creates 11 to 20. */
const during: Items = range(2, 20, 'two');
/** Takes back some of what the killed run has created, and some of what was there. */
const after: Items = { ...range(3, 12, 'three'), ...range(15, 20, 'two') };

async function killAt({ gate, side, request }: Moment, app: App): Promise<void> {
  held = gate().hold(side, request(app.name));
  await app.commit(during);
  await cluster.fetch(app.name);
  await Promise.race([
    held.reached,
    waitFor('the moment of the kill', () => undefined, { timeoutMs: 20_000, intervalMs: 1_000 }),
  ]);
  await cluster.killAgent();
  held.release();
}

describe('an agent that is killed with SIGKILL', () => {
  it.each(moments)('$moment ends in the state of Git after its restart', async (moment) => {
    const app = await App.ready(`same-${moments.indexOf(moment)}`, before);
    await killAt(moment, app);
    const commit = await app.commit(during);
    await cluster.startAgent();
    await cluster.fetch(app.name);
    await app.holdsExactly(during, commit);
  });

  it.each(moments)('$moment leaks nothing when Git has moved on before its restart', async (moment) => {
    const app = await App.ready(`moved-${moments.indexOf(moment)}`, before);
    await killAt(moment, app);
    const commit = await app.commit(after);
    await cluster.startAgent();
    await cluster.fetch(app.name);
    await app.holdsExactly(after, commit);
  });

  it('during the wait for health becomes ready when its restart finds the objects healthy', async () => {
    const name = 'health';
    await cluster.createNamespace(name);
    const repository = await git.createRepository(name);
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

  it('while it removes the objects of a deleted Kustomization removes the rest and lets it go', async () => {
    const app = await App.ready('deleted', before);
    held = kubeGate.hold('answer', writes('DELETE', app.name, 5));
    await cluster.remove(kustomization(app.name));
    await held.reached;
    await cluster.killAgent();
    held.release();
    expect(await cluster.read(kustomization(app.name))).toBeDefined();
    await cluster.startAgent();
    await waitFor('the end of the Kustomization', async () => !(await cluster.read(kustomization(app.name))));
    expect(await cluster.configMaps(app.name)).toEqual({});
  });

  it('again and again while commits with many objects come, ends in the state of the last one', async () => {
    const app = await App.ready('often', range(1, 150, 'start'));
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
    const app = await App.ready('lost', before);
    await killAt(moments[2]!, app);
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
