import { isDeepStrictEqual } from 'node:util';
// Shards as Flux has them: instances with --watch-label-selector (flux-compat 8.3), two agents on one cluster.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  configMap,
  conditionOf,
  type FluxObject,
  gitRepository,
  kustomization,
  manifest,
} from '../e2e/flux-objects.js';
import { HubProcess } from '../e2e/hub-process.js';
import { type GitServer, startGitServer } from '../servers/git-server.js';
import { waitFor } from '../servers/wait-for.js';
import { Replicas } from './replicas.js';

let replicas: Replicas;
let git: GitServer;
let hub: HubProcess;

const shardKey = 'sharding.fluxcd.io/key';

function inShard(object: FluxObject): FluxObject {
  return {
    ...object,
    metadata: { ...object.metadata, labels: { [shardKey]: 'shard1' } } as FluxObject['metadata'],
  };
}

beforeAll(async () => {
  [replicas, git, hub] = await Promise.all([
    Replicas.prepare(['main', 'shard1']),
    startGitServer(),
    HubProcess.start(),
  ]);
  const repository = await git.createRepository('apps');
  const files = ['own', 'foreign', 'depends'].map((name) => [
    `${name}/app.yaml`,
    manifest(configMap('default', name, { v: '1' })),
  ]);
  await repository.commit(Object.fromEntries(files));
  const member = await hub.membership('labelled');
  const common = member.args.concat('--requeue-dependency=1s');
  await Promise.all([
    replicas.start('main', [...common, `--watch-label-selector=!${shardKey}`], member.env),
    // Only the main instance has the token.
    replicas.start('shard1', [...common, `--watch-label-selector=${shardKey}=shard1`]),
  ]);
  const source = { kind: 'GitRepository', name: 'apps' };
  await replicas.apply(
    gitRepository('apps', repository.url),
    kustomization('own', { path: './own', sourceRef: source }),
    inShard(kustomization('foreign', { path: './foreign', sourceRef: source })),
    inShard(kustomization('depends', { path: './depends', sourceRef: source, dependsOn: [{ name: 'own' }] })),
    kustomization('back', {
      path: './own',
      prune: false,
      sourceRef: source,
      dependsOn: [{ name: 'foreign' }],
    }),
  );
});

afterAll(async () => {
  await replicas?.stop();
  await Promise.all([git?.stop(), hub?.stop()]);
});

async function isReady(object: FluxObject): Promise<void> {
  await waitFor(`${object.metadata.name} to be ready`, async () => {
    return conditionOf(await replicas.read(object), 'Ready')?.status === 'True';
  });
}

function writers(resource: string, name: string): string[] {
  const writes = replicas.writes(resource).filter((write) => write.name === name);
  return [...new Set(writes.map(({ user }) => user))];
}

describe('two agents that split a cluster by labels', () => {
  it.each([
    ['what has no label is reconciled by the main instance', 'own', 'main'],
    [
      'what has the label is reconciled by its shard, from a source of the main instance',
      'foreign',
      'shard1',
    ],
    ['a dependency may be in the main instance', 'depends', 'shard1'],
    ['a dependency may be in a shard', 'back', 'main'],
  ])('8.3: %s', async (_, name, instance) => {
    await isReady(kustomization(name));
    expect(writers('kustomizations', name)).toEqual([instance]);
  });

  it('8.3: only the main instance touches the source', async () => {
    await isReady(gitRepository('apps', ''));
    expect(writers('gitrepositories', 'apps')).toEqual(['main']);
  });

  it('8.3: an object whose label changes is reconciled by the other from then on', async () => {
    await replicas.patch(kustomization('own'), { metadata: { labels: { [shardKey]: 'shard1' } } });
    await replicas.patch(kustomization('own'), {
      metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': 'moved' } },
    });
    await waitFor('the shard to handle it', async () => {
      return (await replicas.read(kustomization('own')))?.status?.lastHandledReconcileAt === 'moved';
    });
    expect(writers('kustomizations', 'own')).toContain('shard1');
    await replicas.patch(kustomization('own'), { metadata: { labels: { [shardKey]: null } } });
  });

  it('the hub sees one live cluster with every object once', async () => {
    const names = async (): Promise<string[]> =>
      (await hub.api.objects('labelled')).map(({ kind, name }) => `${kind} ${name}`).toSorted();
    const all = [
      'GitRepository apps',
      'Kustomization back',
      'Kustomization depends',
      'Kustomization foreign',
      'Kustomization own',
    ];
    // An object that has just changed shards is missing for a moment: one has let it go, the other not told of it yet.
    await waitFor('the objects of both at the hub', async () => isDeepStrictEqual(await names(), all));
    const cluster = await waitFor('the cluster to be live', async () => {
      const view = await hub.api.cluster('labelled');
      return view.freshness === 'Live' && view.connected && view.objects.total === 5 && view;
    });
    expect(cluster.revoked).toBe(false);
  });

  it('1.2: the shard takes its finalizer away when its object is deleted, and removes what it applied', async () => {
    const path = '/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations/foreign';
    expect((await replicas.read(kustomization('foreign')))?.metadata).toMatchObject({
      finalizers: ['finalizers.fluxcd.io'],
    });
    await replicas.plane.kube.call({ method: 'DELETE', path });
    await waitFor('the object to be gone', async () => !(await replicas.read(kustomization('foreign'))));
    expect(await replicas.read(configMap('default', 'foreign'))).toBeUndefined();
    await waitFor('the hub to know', async () => (await hub.api.objects('labelled')).length === 4);
  });
});
