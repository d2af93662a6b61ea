import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { condition, configMap, deployment, KustomizationRig } from './kustomization-rig.js';

let rig: KustomizationRig;
beforeAll(async () => {
  rig = await KustomizationRig.start();
  await rig.startController();
});
afterAll(async () => rig?.stop());

async function applied(name: string, spec: Record<string, unknown> = {}): Promise<string> {
  const ns = await rig.namespace();
  await rig.publish(ns, 'fleet', 'main@sha1:1', {
    'web.yaml': deployment(ns, 'web', 'app:${tag:=1}', 2),
    'config.yaml': configMap(ns, 'config', { v: '1' }),
  });
  await rig.kustomization(ns, name, { postBuild: { substitute: { other: 'x' } }, ...spec });
  await rig.untilReady(ns, name, 'main@sha1:1');
  await sleep(1_000); // Pods and their status settle.
  rig.requests.length = 0;
  rig.builds = 0;
  return ns;
}

const objectRequests = (ns: string) =>
  rig.requests.filter((request) => request.includes(ns) && !request.endsWith('s'));

describe('drift', () => {
  it('is corrected at once, and only the object in question is touched', async () => {
    const ns = await applied('scaled');
    const before = await rig.read(ns, 'scaled');
    const web = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: ns, name: 'web' };
    await rig.client.patch(
      web,
      { type: 'merge', body: { spec: { replicas: 5 } } },
      { fieldManager: 'by-hand' },
    );

    const replicas = async () =>
      ((await rig.client.get(web))?.spec as { replicas?: number } | undefined)?.replicas;
    await expect.poll(replicas, { timeout: 5_000, interval: 10 }).toBe(2);

    await expect
      .poll(() => rig.eventsOf('scaled').at(-1)?.message)
      .toBe(
        `Deployment/${ns}/web configured\ndrift corrected: Deployment/${ns}/web /spec/replicas changed by by-hand`,
      );
    expect(rig.builds).toBe(0);
    expect([...new Set(objectRequests(ns).map((request) => request.split('/').at(-1)))]).toEqual(['web']);
    expect((await rig.read(ns, 'scaled'))?.status).toEqual(before?.status);
  });

  it('is corrected when an object was deleted', async () => {
    const ns = await applied('deleted');
    await rig.client.delete({ apiVersion: 'v1', kind: 'ConfigMap', namespace: ns, name: 'config' });

    await expect
      .poll(() => rig.get('v1', 'ConfigMap', ns, 'config'), { timeout: 5_000, interval: 10 })
      .toBeDefined();
    await expect
      .poll(() => rig.eventsOf('deleted').at(-1)?.message)
      .toBe(`ConfigMap/${ns}/config created\ndrift corrected: ConfigMap/${ns}/config had been deleted`);
  });

  it('is left alone while suspended, and corrected on resume', async () => {
    const ns = await applied('paused');
    await rig.patch(ns, 'paused', { spec: { suspend: true } });
    await sleep(300);
    const config = { apiVersion: 'v1', kind: 'ConfigMap', namespace: ns, name: 'config' };
    await rig.client.patch(config, { type: 'merge', body: { data: { v: 'edited' } } });
    await sleep(1_000);
    expect((await rig.client.get(config))?.['data']).toEqual({ v: 'edited' });

    await rig.patch(ns, 'paused', { spec: { suspend: false } });
    const data = async () => (await rig.client.get(config))?.['data'];
    await expect.poll(data, { timeout: 5_000 }).toEqual({ v: '1' });
  });

  it('is not seen in a field that nobody declared', async () => {
    const ns = await applied('extra');
    const config = { apiVersion: 'v1', kind: 'ConfigMap', namespace: ns, name: 'config' };
    await rig.client.patch(config, { type: 'merge', body: { data: { extra: 'kept' } } });
    await sleep(1_000);

    expect((await rig.client.get(config))?.['data']).toEqual({ v: '1', extra: 'kept' });
    expect(rig.eventsOf('extra').filter(({ message }) => message.includes('drift'))).toEqual([]);
  });

  it('is named in a condition, with its manager, when it comes back again and again', async () => {
    const ns = await applied('fought');
    const config = { apiVersion: 'v1', kind: 'ConfigMap', namespace: ns, name: 'config' };
    for (let i = 0; i < 5; i++) {
      const body = { data: { v: `other ${i}` } };
      await rig.client.patch(config, { type: 'merge', body }, { fieldManager: 'other-controller' });
      await expect
        .poll(async () => (await rig.client.get(config))?.['data'], { timeout: 20_000 })
        .toMatchObject({ v: '1' });
    }

    const fought = await rig.until(ns, 'fought', (object) => condition(object, 'Contested') !== undefined);
    expect(condition(fought, 'Contested')).toMatchObject({
      status: 'True',
      reason: 'FieldFight',
      message: expect.stringContaining(
        `ConfigMap/${ns}/config is changed again and again: /data/v by other-controller`,
      ) as string,
    });
  });
});

describe('two Kustomizations that declare the same object', () => {
  it('slow down instead of writing as fast as they can', async () => {
    const ns = await applied('first');
    await rig.kustomization(ns, 'second', { postBuild: { substitute: { other: 'x' } } });
    await rig.untilReady(ns, 'second', 'main@sha1:1');
    await sleep(3_000);
    rig.requests.length = 0;
    await sleep(2_000);

    expect(objectRequests(ns).length).toBeLessThan(40);
    await rig.patch(ns, 'second', { spec: { suspend: true } });
    await rig.patch(ns, 'first', { spec: { suspend: true } });
  });
});

describe('a process that dies between the apply and the status write', () => {
  it('leaves nothing in the cluster that Git does not name any more', async () => {
    const ns = await applied('killed');
    rig.intercept = (request) => {
      if (
        rig.requests.some((earlier) => earlier.startsWith('PATCH') && earlier.endsWith('/leaked')) &&
        request.endsWith('/killed/status')
      ) {
        throw new Error('the process is dead');
      }
    };
    await rig.publish(ns, 'fleet', 'main@sha1:2', {
      'config.yaml': configMap(ns, 'config'),
      'leaked.yaml': configMap(ns, 'leaked'),
    });
    await expect.poll(() => rig.get('v1', 'ConfigMap', ns, 'leaked'), { timeout: 10_000 }).toBeDefined();
    await rig.stopController();
    rig.intercept = () => {};
    const left = await rig.read(ns, 'killed');
    expect(left?.status?.inventory?.entries.map(({ id }) => id)).not.toContain(`${ns}_leaked__ConfigMap`);

    await rig.publish(ns, 'fleet', 'main@sha1:3', { 'config.yaml': configMap(ns, 'config') });
    await rig.startController();

    await rig.untilReady(ns, 'killed', 'main@sha1:3');
    expect(await rig.get('v1', 'ConfigMap', ns, 'leaked')).toBeUndefined();
    expect(await rig.get('apps/v1', 'Deployment', ns, 'web')).toBeUndefined();
  });
});
