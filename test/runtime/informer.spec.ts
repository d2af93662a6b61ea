import type { KubeObject } from '@flotilla/common/kube/object';
import type { KubeClient } from '@flotilla/agent/kube/client';
import { createKubeClient } from '@flotilla/agent/kube/create-kube-client';
import { loadCluster } from '@flotilla/agent/kube/cluster';
import { createTransport, type KubeTransport } from '@flotilla/agent/kube/transport';
import { systemClock } from '@flotilla/agent/runtime/clock';
import { createInformer, type Informer, type InformerOptions } from '@flotilla/agent/runtime/informer';
import { silentLogger } from '@flotilla/agent/runtime/logger';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ControlPlane } from '../servers/control-plane.js';
import { startControlPlane } from '../servers/control-plane.js';
import { startEtcd, type Etcd } from '../servers/etcd.js';
import { startProxy } from './tcp-proxy.js';
import { crd } from './widget-cluster.js';

let etcd: Etcd;
let plane: ControlPlane;
let transport: KubeTransport;
let client: KubeClient;
let stop = new AbortController();

beforeAll(async () => {
  etcd = await startEtcd();
  plane = await startControlPlane({ controllerManager: false, etcd: { url: etcd.url, prefix: '/informer' } });
  transport = createTransport(await loadCluster({ kubeconfig: plane.kubeconfig }));
  client = createKubeClient(transport);
});
afterEach(() => {
  stop.abort(new Error('test ended'));
  stop = new AbortController();
});
afterAll(async () => {
  await transport?.close();
  await plane?.stop();
  await etcd?.stop();
});

const configMaps = { apiVersion: 'v1', kind: 'ConfigMap' };

function configMap(name: string, data: Record<string, string> = {}): KubeObject {
  return { ...configMaps, metadata: { name, namespace: 'default', labels: { watched: 'yes' } }, data };
}

function ref(name: string) {
  return { ...configMaps, namespace: 'default', name };
}

/** Starts an informer and records what handlers were told, as `type name`. */
async function start(
  options: Partial<InformerOptions> = {},
): Promise<{ informer: Informer; seen: string[] }> {
  const informer = createInformer({
    client,
    type: configMaps,
    labelSelector: 'watched=yes',
    clock: systemClock,
    logger: silentLogger,
    ...options,
  });
  const seen: string[] = [];
  informer.subscribe((change) => seen.push(`${change.type} ${change.object.metadata.name}`));
  void informer.run(stop.signal);
  await informer.waitForSync(stop.signal);
  return { informer, seen };
}

describe('an informer', () => {
  it('tells additions, changes and deletions, also to those who come late', async () => {
    await client.create(configMap('early'));
    const { informer, seen } = await start();
    await client.create(configMap('one'));
    await client.patch(ref('one'), { type: 'merge', body: { data: { a: '1' } } });
    await client.delete(ref('one'));
    await expect.poll(() => seen).toEqual(['added early', 'added one', 'updated one', 'deleted one']);
    const late: string[] = [];
    const leave = informer.subscribe((change) => late.push(`${change.type} ${change.object.metadata.name}`));
    expect(late).toEqual(['added early']);
    leave();
    await client.delete(ref('early'));
    await expect.poll(() => informer.list()).toEqual([]);
    expect(late).toEqual(['added early']);
  });

  it('keeps neither managedFields nor last-applied', async () => {
    await client.apply(
      {
        ...configMap('slim'),
        metadata: {
          ...configMap('slim').metadata,
          annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}', mine: 'yes' },
        },
      },
      { fieldManager: 'test' },
    );
    const { informer } = await start();
    const kept = informer.get({ namespace: 'default', name: 'slim' });
    expect(kept?.metadata.annotations).toEqual({ mine: 'yes' });
    expect(kept?.metadata).not.toHaveProperty('managedFields');
    await client.delete(ref('slim'));
  });

  it('watches metadata only', async () => {
    await client.create(configMap('meta', { big: 'x' }));
    const { informer, seen } = await start({ metadataOnly: true });
    await client.patch(ref('meta'), { type: 'merge', body: { data: { big: 'y' } } });
    await expect.poll(() => seen).toEqual(['added meta', 'updated meta']);
    expect(informer.get({ namespace: 'default', name: 'meta' })).not.toHaveProperty('data');
    await client.delete(ref('meta'));
  });

  it('looks objects up by index', async () => {
    const { informer } = await start({ indices: { letter: (object) => Object.keys(object['data'] ?? {}) } });
    await client.create(configMap('ab', { a: '', b: '' }));
    await client.create(configMap('b', { b: '' }));
    const names = (value: string) =>
      informer
        .byIndex('letter', value)
        .map((object) => object.metadata.name)
        .toSorted();
    await expect.poll(() => names('b')).toEqual(['ab', 'b']);
    await client.patch(ref('ab'), { type: 'merge', body: { data: { b: null } } });
    await expect.poll(() => names('b')).toEqual(['b']);
    expect(names('a')).toEqual(['ab']);
    await client.delete(ref('ab'));
    await client.delete(ref('b'));
    await expect.poll(() => [...names('a'), ...names('b')]).toEqual([]);
  });

  it('goes on when a handler throws', async () => {
    const { informer, seen } = await start();
    informer.subscribe(() => {
      throw new Error('bad handler');
    });
    await client.create(configMap('hardy'));
    await client.delete(ref('hardy'));
    await expect.poll(() => seen).toEqual(['added hardy', 'deleted hardy']);
  });

  it('takes the answer of an own write in at once, and does not go back to an older version', async () => {
    await client.create(configMap('own', { a: '1' }));
    const { informer, seen } = await start();
    const written = await client.patch(ref('own'), { type: 'merge', body: { data: { a: '2' } } });
    informer.observe(written);
    expect(informer.get({ namespace: 'default', name: 'own' })?.['data']).toEqual({ a: '2' });
    await client.create(configMap('after'));
    await expect.poll(() => seen).toContain('added after');
    expect(seen.filter((line) => line === 'updated own')).toHaveLength(1);
    await client.delete(ref('own'));
    await client.delete(ref('after'));
  });

  it('waits for a kind that is not installed yet', async () => {
    const type = { apiVersion: 'informer.flotilla.test/v1', kind: 'Late' };
    const informer = createInformer({ client, type, clock: systemClock, logger: silentLogger });
    void informer.run(stop.signal);
    await expect
      .poll(() => informer.status().lastError)
      .toBe('no matches for kind "Late" in version "informer.flotilla.test/v1"');
    expect(informer.synced).toBe(false);
    await client.apply(crd('informer.flotilla.test', 'Late', 'lates'), { fieldManager: 'test' });
    await informer.waitForSync(AbortSignal.timeout(20_000));
    await client.create({ ...type, metadata: { name: 'x', namespace: 'default' } });
    await expect.poll(() => informer.list().length).toBe(1);
  });
});

describe('an informer in trouble', () => {
  it('goes on where it was when the connection breaks, without listing again', async () => {
    const proxy = await startProxy(new URL(plane.url));
    const counted: string[] = [];
    const own = createTransport(
      { ...(await loadCluster({ kubeconfig: plane.kubeconfig })), server: proxy.url },
      {
        metrics: { requestDone: ({ code, method }) => counted.push(`${method} ${code}`) },
      },
    );
    const { lists, reader } = countLists(createKubeClient(own));
    const { informer, seen } = await start({ client: reader });
    await client.create(configMap('before'));
    await expect.poll(() => seen).toEqual(['added before']);
    proxy.cut();
    await client.create(configMap('during'));
    await client.delete(ref('before'));
    await expect
      .poll(() => seen, { timeout: 10_000 })
      .toEqual(['added before', 'added during', 'deleted before']);
    expect(lists).toHaveLength(1);
    expect(informer.list()).toHaveLength(1);
    await client.delete(ref('during'));
    await own.close();
    await proxy.stop();
  });

  it('finds out what was deleted and made while history was compacted away (410)', async () => {
    const proxy = await startProxy(new URL(plane.url));
    const own = createTransport({
      ...(await loadCluster({ kubeconfig: plane.kubeconfig })),
      server: proxy.url,
    });
    await client.create(configMap('doomed'));
    await client.create(configMap('stays'));
    const { lists, reader } = countLists(createKubeClient(own));
    const { informer, seen } = await start({ client: reader });
    proxy.hold();
    await client.delete(ref('doomed'));
    await client.create(configMap('born'));
    await compact();
    // A restart empties the watch cache: only etcd could still know, and it has forgotten.
    await plane.restartApiserver();
    proxy.release();
    const names = () =>
      informer
        .list()
        .map((object) => object.metadata.name)
        .toSorted();
    await expect.poll(names, { timeout: 40_000 }).toEqual(['born', 'stays']);
    // Going on from the old revision was refused: only a second list can have told.
    expect(lists).toHaveLength(2);
    expect(seen.slice(0, 2).toSorted()).toEqual(['added doomed', 'added stays']);
    expect(seen.slice(2).toSorted()).toEqual(['added born', 'deleted doomed']);
    await client.delete(ref('born'));
    await client.delete(ref('stays'));
    await own.close();
    await proxy.stop();
  });

  it('loses nothing while the API server is killed and started again', async () => {
    await client.create(configMap('old'));
    const { informer, seen } = await start();
    await plane.killApiserver();
    await expect
      .poll(() => informer.status().lastError, { timeout: 10_000 })
      .toMatch(/^cannot talk to the API server/);
    await plane.restartApiserver();
    await client.create(configMap('new'));
    await client.delete(ref('old'));
    await expect.poll(() => seen, { timeout: 40_000 }).toEqual(['added old', 'added new', 'deleted old']);
    await expect.poll(() => informer.status().lastError).toBeUndefined();
    await client.delete(ref('new'));
  });
});

/** A client that notes each list that succeeded. */
function countLists(from: KubeClient): { lists: string[]; reader: InformerOptions['client'] } {
  const lists: string[] = [];
  return {
    lists,
    reader: {
      get: (ref, options) => from.get(ref, options),
      watch: (type, options) => from.watch(type, options),
      async list(type, options) {
        const found = await from.list(type, options);
        lists.push(found.resourceVersion);
        return found;
      },
    },
  };
}

/** Compacts etcd to its present revision. */
async function compact(): Promise<void> {
  const post = async (path: string, body: unknown) =>
    (await (
      await fetch(`${etcd.url}/v3/kv/${path}`, { method: 'POST', body: JSON.stringify(body) })
    ).json()) as {
      header: { revision: string };
    };
  const { header } = await post('range', { key: Buffer.from('x').toString('base64') });
  await post('compaction', { revision: header.revision, physical: true });
}
