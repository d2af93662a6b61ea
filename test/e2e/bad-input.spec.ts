// Every way to be wrong in Git ends in a Ready condition that names what is wrong and what to do, on the object itself
// and in the hub, while the other Kustomizations of the same agent go on.
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ControlPlane, startControlPlane } from '../servers/control-plane.js';
import type { FileChanges } from '../servers/git-repository.js';
import { type GitServer, startGitServer } from '../servers/git-server.js';
import { waitFor } from '../servers/wait-for.js';
import {
  conditionOf,
  configMap,
  type FluxObject,
  gitRepository,
  kustomization,
  manifest,
} from './flux-objects.js';
import { HubProcess } from './hub-process.js';
import { ManagedCluster } from './managed-cluster.js';

interface Mistake {
  mistake: string;
  files: FileChanges;
  /** Of the Kustomization. */
  spec?: Readonly<Record<string, unknown>>;
  /** Symbolic links in the repository: name -> target. */
  links?: Readonly<Record<string, string>>;
  reason: string;
  /** What the message has to name. */
  names: readonly RegExp[];
}

const target = 'apps';
const good = manifest(configMap(target, 'fine', { ok: 'yes' }));
const custom: FluxObject = {
  apiVersion: 'shop.example.com/v1',
  kind: 'Basket',
  metadata: { name: 'big', namespace: target },
};
const deployment: FluxObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: target },
  spec: {
    replicas: 'many',
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'web:1' }] },
    },
  },
};

const mistakes: readonly Mistake[] = [
  {
    mistake: 'broken YAML',
    files: { 'fine.yaml': good, 'broken.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: [x\n' },
    reason: 'BuildFailed',
    names: [/broken\.yaml/, /line \d|yaml/i],
  },
  {
    mistake: 'an unknown kind',
    files: { 'basket.yaml': manifest(custom), 'fine.yaml': good },
    reason: 'ReconciliationFailed',
    names: [/Basket\/apps\/big/, /shop\.example\.com\/v1/],
  },
  {
    mistake: 'a substitution from a ConfigMap that does not exist',
    files: { 'fine.yaml': manifest(configMap(target, 'fine', { region: '${region}' })) },
    spec: { postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'cluster-vars' }] } },
    reason: 'BuildFailed',
    names: [/substitute from 'ConfigMap\/cluster-vars'/, /not found/],
  },
  {
    mistake: 'a required substitution without a value',
    files: { 'fine.yaml': manifest(configMap(target, 'fine', { region: '${region}' })) },
    spec: { postBuild: { substitute: { other: 'x' } } },
    reason: 'BuildFailed',
    names: [/"region"/, /fine/],
  },
  {
    mistake: 'a path that does not exist',
    files: { 'fine.yaml': good },
    spec: { path: './clusters/prod' },
    reason: 'ArtifactFailed',
    names: [/clusters\/prod/],
  },
  {
    mistake: 'a resource outside the artifact',
    files: { 'kustomization.yaml': 'resources:\n- ../../../../etc/passwd\n' },
    reason: 'BuildFailed',
    names: [/\.\.\/\.\.\/\.\.\/\.\.\/etc\/passwd/, /outside|out of/],
  },
  {
    mistake: 'an absolute resource',
    files: { 'kustomization.yaml': 'resources:\n- /etc/passwd\n' },
    reason: 'BuildFailed',
    names: [/\/etc\/passwd/, /absolute|outside/],
  },
  {
    mistake: 'a symbolic link that leads out of the artifact',
    files: { 'kustomization.yaml': 'resources:\n- passwd.yaml\n' },
    links: { 'passwd.yaml': '/etc/passwd' },
    reason: 'BuildFailed',
    names: [/passwd\.yaml/],
  },
  {
    mistake: 'a kustomization.yaml that names a missing file',
    files: { 'kustomization.yaml': 'resources:\n- fine.yaml\n- gone.yaml\n', 'fine.yaml': good },
    reason: 'BuildFailed',
    names: [/gone\.yaml/],
  },
  {
    mistake: 'the same object twice',
    files: { 'one.yaml': good, 'two.yaml': good },
    reason: 'BuildFailed',
    names: [/fine/, /already registered|duplicate|twice|may not add resource/i],
  },
  {
    mistake: 'an invalid field of a built-in kind',
    files: { 'web.yaml': manifest(deployment) },
    reason: 'ReconciliationFailed',
    names: [/Deployment\/apps\/web/, /replicas/],
  },
  {
    mistake: 'an object without a namespace',
    files: { 'lost.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: homeless\n' },
    reason: 'ReconciliationFailed',
    names: [/ConfigMap\/homeless/, /namespace/],
  },
  {
    mistake: 'an object in a namespace that does not exist',
    files: { 'far.yaml': manifest(configMap('nowhere', 'far')) },
    reason: 'ReconciliationFailed',
    names: [/ConfigMap\/nowhere\/far/, /"nowhere" not found/],
  },
  {
    mistake: 'a manifest without a kind',
    files: { 'fine.yaml': good, 'shapeless.yaml': 'apiVersion: v1\nmetadata:\n  name: shapeless\n' },
    reason: 'BuildFailed',
    names: [/shapeless/, /kind/],
  },
];

interface SourceMistake {
  mistake: string;
  source: (url: string) => FluxObject;
  reason: string;
  names: readonly RegExp[];
}

const sourceMistakes: readonly SourceMistake[] = [
  {
    mistake: 'a Git server that is not there',
    source: () => gitRepository('no-server', 'http://127.0.0.1:9/fleet.git'),
    reason: 'GitOperationFailed',
    names: [/http:\/\/127\.0\.0\.1:9\/fleet\.git/],
  },
  {
    mistake: 'a branch that does not exist',
    source: (url) => gitRepository('no-branch', `${url}/good.git`, { ref: { branch: 'release' } }),
    reason: 'GitOperationFailed',
    names: [/release/, /not found|couldn't find/],
  },
  {
    mistake: 'a repository that does not exist',
    source: (url) => gitRepository('no-repository', `${url}/gone.git`),
    reason: 'GitOperationFailed',
    names: [/gone\.git/, /not found/],
  },
  {
    mistake: 'a Secret that does not exist',
    source: (url) => gitRepository('no-secret', `${url}/good.git`, { secretRef: { name: 'git-login' } }),
    reason: 'AuthenticationFailed',
    names: [/git-login/, /not found/],
  },
];

const cluster = 'dev';
let plane: ControlPlane;
let git: GitServer;
let hub: HubProcess;
let managed: ManagedCluster;
let commitGood: (value: string) => Promise<string>;

beforeAll(async () => {
  [plane, git, hub] = await Promise.all([
    startControlPlane({ name: cluster, controllerManager: false }),
    startGitServer(),
    HubProcess.start(),
  ]);
  managed = await ManagedCluster.prepare(plane);
  await managed.createNamespace(target);
  await managed.createNamespace('good');
  const repository = await git.createRepository('good');
  commitGood = (value) => repository.commit({ 'good.yaml': manifest(configMap('good', 'good', { value })) });
  await commitGood('first');
  await Promise.all(mistakes.map(makeRepository));
  await managed.apply(
    gitRepository('good', `${git.url}/good.git`),
    kustomization('good'),
    ...mistakes.flatMap(({ spec }, index) => [
      gitRepository(nameOf(index), `${git.url}/${nameOf(index)}.git`),
      kustomization(nameOf(index), spec),
    ]),
    ...sourceMistakes.map(({ source }) => source(git.url)),
  );
  await managed.startAgent(await hub.membership(cluster));
});

afterAll(async () => {
  await managed?.stop();
  await Promise.all([hub?.stop(), git?.stop(), plane?.stop()]);
});

const nameOf = (index: number): string => `mistake-${String(index).padStart(2, '0')}`;

async function makeRepository({ files, links = {} }: Mistake, index: number): Promise<void> {
  const repository = await git.createRepository(nameOf(index));
  for (const [link, to] of Object.entries(links)) symlinkSync(to, join(repository.folder, link));
  await repository.commit(files);
}

/** The hub shows the failure as the object does. */
async function isShownByHub(object: FluxObject, reason: string): Promise<void> {
  const message = conditionOf(await managed.read(object), 'Ready')?.message;
  const path = `/clusters/${cluster}/objects/${object.kind}/${object.metadata.namespace}/${object.metadata.name}`;
  await waitFor('the hub to show it', async () => {
    const seen = await hub.api.call<{ reason: string; sync: string; message: string }>('GET', path);
    return seen.reason === reason && seen.sync === 'Failed' && seen.message === message;
  });
  expect(await hub.api.call('GET', path)).toMatchObject({
    ready: false,
    health: 'Unhealthy',
    reason,
    message,
  });
}

describe('a Kustomization with', () => {
  it.each(mistakes)('$mistake says so', async (row) => {
    const object = kustomization(nameOf(mistakes.indexOf(row)));
    const seen = await managed.fails(object, row.reason);
    const message = conditionOf(seen, 'Ready')!.message;
    for (const name of row.names) expect(message).toMatch(name);
    // Where the agent keeps its files is nobody's business, and helps nobody.
    expect(message).not.toContain(managed.storage);
    expect(message).not.toMatch(/\/tmp\//);
    await isShownByHub(object, row.reason);
  });
});

describe('a GitRepository with', () => {
  it.each(sourceMistakes)('$mistake says so', async ({ source, reason, names }) => {
    const object = source(git.url);
    const seen = await managed.fails(object, reason);
    for (const name of names) expect(conditionOf(seen, 'Ready')!.message).toMatch(name);
    await isShownByHub(object, reason);
  });
});

describe('beside all of these', () => {
  it('a Kustomization without a mistake goes on', async () => {
    const commit = await commitGood('second');
    await managed.fetch('good');
    await managed.reaches('good', commit);
    expect(await managed.configMaps('good')).toEqual({ good: { value: 'second' } });
  });

  it('the hub counts the failures, and says why the cluster is not ready', async () => {
    // One that is being tried again counts as under way for that moment.
    await waitFor('all to be counted', async () => {
      const { objects } = await hub.api.cluster(cluster);
      return objects.failed >= mistakes.length + sourceMistakes.length;
    });
    const seen = await hub.api.cluster(cluster);
    expect(seen).toMatchObject({ ready: false, sync: 'Failed', health: 'Unhealthy', freshness: 'Live' });
    expect(seen.reason).toMatch(/\S/);
  });

  it('nothing of a build that failed was applied', async () => {
    const left = await managed.configMaps(target);
    expect(Object.keys(left).filter((name) => name === 'homeless')).toEqual([]);
  });
});
