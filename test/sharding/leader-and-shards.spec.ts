// An agent goes over from one leader to shards: the two ways of working must not meet.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configMap, conditionOf, gitRepository, kustomization, manifest } from '../e2e/flux-objects.js';
import { staysTrue } from '../e2e/managed-cluster.js';
import { type GitServer, startGitServer } from '../servers/git-server.js';
import { waitFor } from '../servers/wait-for.js';
import { Replicas } from './replicas.js';

let replicas: Replicas;
let git: GitServer;
const common = ['--enable-leader-election', '--leader-election-retry-period=1s'];
const lease = ['--leader-election-lease-duration=6s', '--leader-election-renew-deadline=4s'];

beforeAll(async () => {
  [replicas, git] = await Promise.all([Replicas.prepare(['leader', 'one', 'two']), startGitServer()]);
  const repository = await git.createRepository('app');
  await repository.commit({ 'app.yaml': manifest(configMap('default', 'app', { v: '1' })) });
  await replicas.apply(gitRepository('app', repository.url), kustomization('app'));
  await replicas.start('leader', [...common, ...lease]);
  await waitFor('the leader to work', async () => {
    return conditionOf(await replicas.read(kustomization('app')), 'Ready')?.status === 'True';
  });
});

afterAll(async () => {
  await replicas?.stop();
  await git?.stop();
});

function writers(): string[] {
  return [...new Set(replicas.writes('kustomizations').map(({ user }) => user))];
}

async function handled(value: string): Promise<void> {
  await replicas.patch(kustomization('app'), {
    metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': value } },
  });
  await waitFor(`${value} to be handled`, async () => {
    return (await replicas.read(kustomization('app')))?.status?.lastHandledReconcileAt === value;
  });
}

describe('a leader and replicas with shards', () => {
  it('do not work beside each other: the replicas wait until the leader has gone', async () => {
    await Promise.all(
      ['one', 'two'].map((name) => replicas.start(name, [...common, ...lease, '--shards=2'])),
    );
    expect(await staysTrue(() => writers().join() === 'leader', 3_000)).toBe(true);
    await replicas.end('leader', 'SIGTERM');
    await handled('by a shard');
    expect(writers()).toHaveLength(2);
  });

  it('do not work beside each other: a leader waits until the replicas have gone', async () => {
    const before = writers();
    await replicas.start('leader', [...common, ...lease]);
    const at = Date.now();
    expect(
      await staysTrue(
        () => !replicas.writes('kustomizations').some((write) => write.user === 'leader' && write.at >= at),
        8_000,
      ),
    ).toBe(true);
    await replicas.end('one', 'SIGTERM');
    await replicas.end('two', 'SIGTERM');
    await handled('by the leader');
    expect(writers().length).toBeGreaterThanOrEqual(before.length);
  });
});
