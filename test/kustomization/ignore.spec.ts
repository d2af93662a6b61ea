import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '@flotilla/common/kube/object';
import { configMap, deployment, KustomizationRig, ready } from './kustomization-rig.js';

let rig: KustomizationRig;
beforeAll(async () => {
  rig = await KustomizationRig.start();
  await rig.startController();
});
afterAll(async () => rig?.stop());

const revision = 'main@sha1:1';
const own = 'kustomize-controller';

async function publish(ns: string, at: string, v: string): Promise<void> {
  await rig.publish(ns, 'fleet', at, {
    'web.yaml': deployment(ns, 'web', 'app:1', 2),
    'config.yaml': configMap(ns, 'config', { managed: v, ignored: 'original' }),
  });
}

const ignore = [
  { paths: ['/spec/replicas'], target: { kind: 'Deployment', labelSelector: '!frozen' } },
  { paths: ['/data/ignored'], target: { version: 'v1', kind: 'Config.*', name: 'conf(ig)?' } },
];

async function applied(name: string, spec: Record<string, unknown> = {}): Promise<string> {
  const ns = await rig.namespace();
  await publish(ns, revision, 'v1');
  await rig.kustomization(ns, name, { ignore, ...spec });
  await rig.untilReady(ns, name, revision);
  await sleep(500);
  return ns;
}

const config = (ns: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', namespace: ns, name: 'config' });
const web = (ns: string) => ({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: ns, name: 'web' });
const dataOf = async (ns: string) => (await rig.client.get(config(ns)))?.['data'];
const replicasOf = async (ns: string) =>
  ((await rig.client.get(web(ns)))?.spec as { replicas?: number } | undefined)?.replicas;

async function edit(ns: string, data: Record<string, string>, fieldManager = 'by-hand'): Promise<void> {
  await rig.client.patch(config(ns), { type: 'merge', body: { data } }, { fieldManager });
}

async function applyAs(fieldManager: string, object: KubeObject): Promise<void> {
  await rig.client.apply(object, { fieldManager, force: true });
}

function owns(object: KubeObject | undefined, manager: string, field: string): boolean {
  return (object?.metadata.managedFields ?? []).some(
    (entry) =>
      entry.manager === manager && entry.operation === 'Apply' && JSON.stringify(entry).includes(field),
  );
}

const drifts = (name: string) =>
  rig.eventsOf(name).filter(({ message }) => message.includes('drift corrected'));

describe('ignore rules (flux-compat 3.6, 8)', () => {
  it('do not hold for an object that is created', async () => {
    const ns = await applied('created');
    expect(await dataOf(ns)).toEqual({ managed: 'v1', ignored: 'original' });
    expect(await replicasOf(ns)).toBe(2);
    expect(owns(await rig.client.get(web(ns)), own, 'f:replicas')).toBe(true);
  });

  it('let an edit stand, without a write and without an event', async () => {
    const ns = await applied('edited');
    await edit(ns, { ignored: 'edited' });
    await sleep(1_000);
    rig.requests.length = 0;
    await rig.request(ns, 'edited');
    expect(await dataOf(ns)).toEqual({ managed: 'v1', ignored: 'edited' });
    expect(drifts('edited')).toEqual([]);
    expect(
      (await rig.client.get(config(ns)))?.metadata.managedFields?.map(({ manager }) => manager),
    ).toContain('by-hand');
  });

  it('keep the live value when the object is written for another reason', async () => {
    const ns = await applied('adopted');
    await edit(ns, { ignored: 'edited' });
    await sleep(1_500); // The edit is seen, and found to be none.
    await publish(ns, 'main@sha1:2', 'v2');
    await rig.untilReady(ns, 'adopted', 'main@sha1:2');
    expect(await dataOf(ns)).toEqual({ managed: 'v2', ignored: 'edited' });
    expect(owns(await rig.client.get(config(ns)), own, 'f:ignored')).toBe(true);

    await edit(ns, { managed: 'tampered', ignored: 'again' });
    await expect.poll(() => dataOf(ns), { timeout: 5_000 }).toEqual({ managed: 'v2', ignored: 'again' });
    await expect
      .poll(() => drifts('adopted').at(-1)?.message)
      .toBe(
        `ConfigMap/${ns}/config configured\ndrift corrected: ConfigMap/${ns}/config /data/managed changed by by-hand`,
      );
  });

  it('leave a field to another applier for good', async () => {
    const ns = await applied('released');
    const scaled = { ...web(ns), metadata: { namespace: ns, name: 'web' }, spec: { replicas: 5 } };
    const { apiVersion, kind, metadata, spec } = scaled;
    await applyAs('autoscaler', { apiVersion, kind, metadata, spec });
    await sleep(1_000);
    expect(await replicasOf(ns)).toBe(5);

    await rig.publish(ns, 'fleet', 'main@sha1:2', { 'web.yaml': deployment(ns, 'web', 'app:2', 2) });
    await rig.untilReady(ns, 'released', 'main@sha1:2');
    const live = await rig.client.get(web(ns));
    expect(await replicasOf(ns)).toBe(5);
    expect(owns(live, 'autoscaler', 'f:replicas')).toBe(true);
    expect(owns(live, own, 'f:replicas')).toBe(false);
  });

  it('adopt what kubectl has set, although its fields are taken over', async () => {
    const ns = await applied('kubectl');
    await edit(ns, { ignored: 'kubectl', managed: 'kubectl' }, 'kubectl-edit');
    await expect.poll(() => dataOf(ns), { timeout: 5_000 }).toEqual({ managed: 'v1', ignored: 'kubectl' });
    await applyAs('kubectl', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: ns, name: 'config' },
      data: { ignored: 'applied' },
    });
    await sleep(1_500);
    await rig.request(ns, 'kubectl');
    expect(await dataOf(ns)).toEqual({ managed: 'v1', ignored: 'applied' });
  });

  it('are only for what their target names', async () => {
    const ns = await applied('others', {
      ignore: [{ paths: ['/spec/replicas'], target: { kind: 'Deployment', name: 'we' } }],
    });
    await rig.client.patch(web(ns), { type: 'merge', body: { spec: { replicas: 7 } } });
    await expect.poll(() => replicasOf(ns), { timeout: 5_000 }).toBe(2);
  });

  it('hold until they are gone', async () => {
    const ns = await applied('dropped');
    await edit(ns, { ignored: 'edited' });
    await sleep(1_000);
    expect(await dataOf(ns)).toMatchObject({ ignored: 'edited' });
    await rig.kustomization(ns, 'dropped', {});
    await expect.poll(() => dataOf(ns), { timeout: 5_000 }).toEqual({ managed: 'v1', ignored: 'original' });
  });

  it('that cannot be read fail the apply and name the rule', async () => {
    const ns = await rig.namespace();
    await publish(ns, revision, 'v1');
    await rig.kustomization(ns, 'wrong', { ignore: [{ paths: ['data/x'] }] });
    const object = await rig.untilReason(ns, 'wrong', 'ReconciliationFailed');
    expect(ready(object)?.message).toContain(
      'invalid ignore rule spec.ignore[0]: "data/x" is no JSON pointer',
    );
    expect(await dataOf(ns)).toBeUndefined();
  });
});
