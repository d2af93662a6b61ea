// Replicas with --shards as members of a fleet: each shard reports its part, whoever works on it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configMap, gitRepository, kustomization, manifest } from '../e2e/flux-objects.js';
import type { ClusterView } from '../e2e/hub-client.js';
import { HubProcess } from '../e2e/hub-process.js';
import { type GitServer, startGitServer } from '../servers/git-server.js';
import { waitFor } from '../servers/wait-for.js';
import { Replicas } from './replicas.js';

const names = Array.from({ length: 12 }, (_, index) => `app-${index}`);
let replicas: Replicas;
let git: GitServer;
let hub: HubProcess;
let args: readonly string[];
let env: Readonly<Record<string, string>>;
let repository: Awaited<ReturnType<GitServer['createRepository']>>;

beforeAll(async () => {
  [replicas, git, hub] = await Promise.all([
    Replicas.prepare(['one', 'two', 'three']),
    startGitServer(),
    HubProcess.start(),
  ]);
  repository = await git.createRepository('apps');
  const files = names.map((name) => [`${name}/app.yaml`, manifest(configMap('default', name, { v: '1' }))]);
  await repository.commit(Object.fromEntries(files));
  await replicas.apply(
    gitRepository('apps', repository.url),
    ...names.map((name) =>
      kustomization(name, { path: `./${name}`, sourceRef: { kind: 'GitRepository', name: 'apps' } }),
    ),
  );
  const member = await hub.membership('split');
  ({ env } = member);
  args = [...member.args, '--shards=3', '--requeue-dependency=1s'];
  // All at once and before anyone has an identity: one of them enrols, with a token that is good for one use.
  await Promise.all(['one', 'two', 'three'].map((name) => replicas.start(name, args, env)));
});

afterAll(async () => {
  await replicas?.stop();
  await Promise.all([git?.stop(), hub?.stop()]);
});

async function live(extra: (view: ClusterView) => boolean = () => true): Promise<ClusterView> {
  let last: ClusterView | undefined;
  return waitFor(
    'the cluster to be live and ready',
    async () => {
      last = await hub.api.cluster('split');
      return last.freshness === 'Live' && last.connected && last.objects.ready === 13 && extra(last) && last;
    },
    { timeoutMs: 60_000, intervalMs: 200 },
  ).catch((error: Error) => {
    throw new Error(`${error.message}: ${JSON.stringify(last)}`, { cause: error });
  });
}

async function eventOf(name: string, text: string): Promise<void> {
  await waitFor(`the event of ${name}`, async () =>
    (await hub.api.events('split')).some(
      ({ object, message }) => object?.name === name && message.includes(text),
    ),
  );
}

describe('a cluster whose replicas split the objects', () => {
  it('is one live cluster at the hub, with every object once', async () => {
    const view = await live();
    expect(view).toMatchObject({ revoked: false, objects: { total: 13 } });
    const objects = await hub.api.objects('split');
    expect(new Set(objects.map(({ kind, name }) => `${kind}/${name}`)).size).toBe(objects.length);
  });

  it('sends the events of every replica', async () => {
    for (const name of names) await eventOf(name, 'Reconciliation finished');
  });

  it('is whole again when a replica was killed: nobody is taken for a clone, and no shard is lost', async () => {
    await replicas.end('two', 'SIGKILL');
    const commit = await repository.commit({
      'app-0/app.yaml': manifest(configMap('default', 'app-0', { v: '2' })),
    });
    await waitFor('a moment without the replica', async () => !(await hub.api.cluster('split')).connected);
    await replicas.patch(gitRepository('apps', ''), {
      metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': 'now' } },
    });
    await live();
    await waitFor('the commit at the hub', async () => {
      const objects = await hub.api.objects('split');
      return objects.every(({ revision }) => revision === `main@sha1:${commit}`);
    });
    expect(await live()).toMatchObject({ revoked: false, objects: { total: 13 } });
  });

  it('forgets a shard when there are fewer', async () => {
    const fewer = args.map((arg) => (arg === '--shards=3' ? '--shards=2' : arg));
    await replicas.start('two', fewer, env);
    for (const name of ['one', 'three']) {
      await replicas.end(name, 'SIGTERM');
      await replicas.start(name, fewer, env);
    }
    // What shard 2 had reported is reported by the two others, and its row does not make the cluster look lost.
    await live(({ objects }) => objects.total === 13);
  });
});
