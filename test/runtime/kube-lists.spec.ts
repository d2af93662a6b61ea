import type { KubeObject } from '@flotilla/common/kube/object';
import type { KubeClient } from '@flotilla/agent/kube/client';
import { createKubeClient } from '@flotilla/agent/kube/create-kube-client';
import { loadCluster } from '@flotilla/agent/kube/cluster';
import { KubeConnectionError } from '@flotilla/agent/kube/errors';
import { createTransport } from '@flotilla/agent/kube/transport';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWidgetCluster, type WidgetCluster } from './widget-cluster.js';

let cluster: WidgetCluster;
let client: KubeClient;
beforeAll(async () => {
  cluster = await startWidgetCluster();
  client = cluster.client;
});
afterAll(() => cluster?.stop());

function configMap(name: string, data: Record<string, string>): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data };
}

function refTo(name: string) {
  return { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name };
}

describe('lists and watches', () => {
  const selector = 'set=pages';
  beforeAll(async () => {
    await Promise.all(
      Array.from({ length: 25 }, (_, index) =>
        client.create({
          ...configMap(`page-${index}`, {}),
          metadata: { name: `page-${index}`, namespace: 'default', labels: { set: 'pages' } },
        }),
      ),
    );
  });

  it('reads every page, and items say what they are', async () => {
    const list = await client.list(
      { apiVersion: 'v1', kind: 'ConfigMap' },
      { labelSelector: selector, pageSize: 10 },
    );
    expect(new Set(list.items.map((item) => item.metadata.name)).size).toBe(25);
    expect(list.items.every((item) => item.apiVersion === 'v1' && item.kind === 'ConfigMap')).toBe(true);
    expect(list.resourceVersion).toMatch(/^\d+$/);
  });

  it('lists metadata only', async () => {
    const list = await client.list(
      { apiVersion: 'v1', kind: 'ConfigMap' },
      { labelSelector: selector, metadataOnly: true },
    );
    expect(list.items).toHaveLength(25);
    expect(list.items[0]).toMatchObject({ kind: 'ConfigMap' });
    expect(list.items[0]).not.toHaveProperty('data');
  });

  it('goes on where a list ended', async () => {
    const type = { apiVersion: 'v1', kind: 'ConfigMap' };
    const { resourceVersion } = await client.list(type, { namespace: 'default' });
    await client.create(configMap('watched', { a: '1' }));
    await client.patch(refTo('watched'), { type: 'merge', body: { data: { a: '2' } } });
    await client.delete(refTo('watched'));
    const seen: string[] = [];
    for await (const event of client.watch(type, {
      namespace: 'default',
      resourceVersion,
      timeoutSeconds: 20,
    })) {
      if (event.type === 'BOOKMARK' || event.object.metadata.name !== 'watched') continue;
      expect(event.object).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
      seen.push(event.type);
      if (event.type === 'DELETED') break;
    }
    expect(seen).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
  });

  it('ends without an error when the server ends the watch', async () => {
    const type = { apiVersion: 'v1', kind: 'Secret' };
    const { resourceVersion } = await client.list(type);
    const events: unknown[] = [];
    for await (const event of client.watch(type, { resourceVersion, timeoutSeconds: 1 })) events.push(event);
    expect(events.every((event) => (event as { type: string }).type === 'BOOKMARK')).toBe(true);
  });

  it('stops a watch when its caller does', async () => {
    const stop = new AbortController();
    const watch = client.watch(
      { apiVersion: 'v1', kind: 'Secret' },
      { resourceVersion: '', signal: stop.signal },
    );
    const reading = (async () => {
      for await (const event of watch) expect(event).toBeDefined();
    })();
    setTimeout(() => stop.abort(new Error('stopped')), 200);
    await expect(reading).rejects.toThrow('stopped');
  });
});

describe('the connection', () => {
  it('counts requests by method and code', () => {
    expect(cluster.requests).toContain('GET 200');
    expect(cluster.requests).toContain('POST 201');
  });

  it('tells the version of the server', async () => {
    expect(await client.discovery.serverVersion()).toMatch(/^v1\.\d+/);
  });

  it('names the address and the remedy when nobody listens', async () => {
    const target = await loadCluster({ kubeconfig: cluster.plane.kubeconfig });
    const nobody = createTransport({ ...target, server: 'https://127.0.0.1:1' });
    const failed = await createKubeClient(nobody)
      .list({ apiVersion: 'v1', kind: 'ConfigMap' })
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(KubeConnectionError);
    expect((failed as Error).message).toBe(
      'cannot talk to the API server https://127.0.0.1:1: connection refused (ECONNREFUSED): check that the address is right and that the API server runs',
    );
    await nobody.close();
  });

  it('does not trust a server that the kubeconfig does not vouch for', async () => {
    const target = await loadCluster({ kubeconfig: cluster.plane.kubeconfig });
    const stranger = createTransport({ ...target, tls: {} });
    await expect(createKubeClient(stranger).discovery.serverVersion()).rejects.toThrow(
      /not signed by a known authority/,
    );
    await stranger.close();
  });
});
