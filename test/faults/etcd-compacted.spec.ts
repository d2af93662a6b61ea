// etcd forgets the history that the agent's watches want to go on from. A server with a watch cache says so with an
// answer (410), one without in the middle of the stream; both are tried.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Proxy, startProxy } from '../runtime/tcp-proxy.js';
import { compactEtcd } from './content-history.js';
import { range } from './items.js';
import { World } from './world.js';

/** Far shorter than any interval of these objects: only a watch is as quick. */
const atOnce = { timeoutMs: 10_000 };
const items = range(1, 20, 'one');

describe.each([
  ['with a watch cache', []],
  ['without a watch cache', ['--watch-cache=false']],
])('etcd compacted under the watches of the agent, behind an API server %s', (_, apiserverFlags) => {
  let world: World;
  let proxy: Proxy;
  beforeAll(async () => {
    world = await World.start({ apiserverFlags });
    proxy = await startProxy(new URL(world.plane.url));
    await world.startAgent({ kubeconfig: world.kubeconfigOf(proxy.url) });
  });
  afterAll(async () => {
    await world?.stop();
    await proxy?.stop();
  });

  const tooOld = (): number =>
    readFileSync(world.cluster.log, 'utf8').match(/too old|has been compacted/gi)?.length ?? 0;

  it('leaves open watches alone: drift and commits are seen at once', async () => {
    const app = await world.readyApp('open', items);
    await compactEtcd(world.etcd.url);
    await app.editByHand(3);
    await app.deleteByHand(4);
    await app.comesToHold(items, atOnce);
    const changed = range(3, 22, 'two');
    const commit = await app.commit(changed);
    await world.cluster.fetch(app.name);
    await app.holdsExactly(changed, commit, atOnce);
  });

  it('hides nothing that happened while the agent was cut off', async () => {
    const [edited, changed, removed] = [
      await world.readyApp('edited', items),
      await world.readyApp('changed', items),
      await world.readyApp('removed', items),
    ];
    const created = await world.app('created');
    const before = tooOld();

    proxy.hold();
    await edited.editByHand(3);
    await edited.deleteByHand(4);
    const commits = [await changed.commit(range(5, 25, 'two')), await created.commit(items)] as const;
    await world.cluster.fetch(changed.name);
    await removed.remove();
    await world.declare(created);
    await compactEtcd(world.etcd.url);
    // What the server still has in memory goes with it.
    await world.plane.restartApiserver();
    proxy.release();

    await edited.comesToHold(items, atOnce);
    await changed.holdsExactly(range(5, 25, 'two'), commits[0], atOnce);
    await created.holdsExactly(items, commits[1], atOnce);
    await removed.comesToHold({}, atOnce);
    await removed.isGone();
    await edited.neverStrayed();
    expect(tooOld()).toBeGreaterThan(before);
  });

  it('and again afterwards drift and commits are seen at once', async () => {
    const app = await world.readyApp('after', items);
    await app.editByHand(3);
    await app.deleteByHand(4);
    await app.comesToHold(items, atOnce);
    const commit = await app.commit(range(2, 21, 'two'));
    await world.cluster.fetch(app.name);
    await app.holdsExactly(range(2, 21, 'two'), commit, atOnce);
  });
});
