import type { KubeObject } from '@flotilla/common/kube/object';
import type { KubeClient } from '@flotilla/agent/kube/client';
import { createStatusWriter, LostUpdateError } from '@flotilla/agent/runtime/status-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWidgetCluster, widgetType, type WidgetCluster } from './widget-cluster.js';

let cluster: WidgetCluster;
let client: KubeClient;
beforeAll(async () => {
  cluster = await startWidgetCluster();
  client = cluster.client;
});
afterAll(() => cluster?.stop());

const make = (name: string): Promise<KubeObject> => cluster.make(name);

function ref(name: string) {
  return { ...widgetType, namespace: 'default', name };
}

describe('writing status', () => {
  const fieldManager = 'gotk-widget-controller';

  it('goes through the subresource, as an Update of the manager of the contract (flux-compat 1.4)', async () => {
    const base = await make('managed');
    const written = await createStatusWriter({ client, fieldManager }).writeStatus(base, {
      observedGeneration: 1,
    });
    expect(written.status).toEqual({ observedGeneration: 1 });
    expect(written.metadata.generation).toBe(base.metadata.generation);
    expect(
      written.metadata.managedFields?.map(({ manager, operation }) => `${manager} ${operation}`),
    ).toContain(`${fieldManager} Update`);
  });

  it('sends nothing when nothing changed', async () => {
    const base = await make('quiet');
    const writer = createStatusWriter({ client, fieldManager });
    const written = await writer.writeStatus(base, { conditions: [{ type: 'Ready' }] });
    const before = cluster.requests.length;
    expect(await writer.writeStatus(written, { conditions: [{ type: 'Ready' }] })).toBe(written);
    expect(cluster.requests.length).toBe(before);
  });

  it('removes fields that are no longer there', async () => {
    const writer = createStatusWriter({ client, fieldManager });
    const full = await writer.writeStatus(await make('shrinks'), { a: 1, b: { c: 1, d: 2 } });
    const small = await writer.writeStatus(full, { b: { d: 2 } });
    expect(small.status).toEqual({ b: { d: 2 } });
  });

  it('tells the answer, so that the cache is not behind', async () => {
    const seen: KubeObject[] = [];
    const writer = createStatusWriter({ client, fieldManager, observe: (object) => seen.push(object) });
    const written = await writer.writeStatus(await make('told'), { a: 1 });
    expect(seen).toEqual([written]);
  });

  it('stands when only spec or labels moved on meanwhile', async () => {
    const base = await make('moved');
    await client.patch(ref('moved'), { type: 'merge', body: { spec: { a: 2 } } });
    const written = await createStatusWriter({ client, fieldManager }).writeStatus(base, {
      observedGeneration: 1,
    });
    expect(written).toMatchObject({ spec: { a: 2 }, status: { observedGeneration: 1 } });
  });

  it('never overwrites the status of a newer reconcile', async () => {
    const base = await make('lost');
    const writer = createStatusWriter({ client, fieldManager });
    await writer.writeStatus(base, { observedGeneration: 2 });
    await expect(writer.writeStatus(base, { observedGeneration: 1 })).rejects.toThrow(LostUpdateError);
    expect((await client.get(ref('lost')))?.status).toEqual({ observedGeneration: 2 });
  });

  it('does not give the status to another object of the same name', async () => {
    const base = await make('reborn');
    await client.delete(ref('reborn'));
    const writer = createStatusWriter({ client, fieldManager });
    await expect(writer.writeStatus(base, { a: 1 })).rejects.toMatchObject({ code: 404 });
    await make('reborn');
    await expect(writer.writeStatus(base, { a: 1 })).rejects.toThrow(
      'Widget/default/reborn: the object was deleted meanwhile',
    );
    expect((await client.get(ref('reborn')))?.status).toBeUndefined();
  });

  it('adds and removes its finalizer and leaves those of others alone', async () => {
    const base = await make('final');
    const writer = createStatusWriter({ client, fieldManager });
    await client.patch(ref('final'), { type: 'merge', body: { metadata: { finalizers: ['other.test/f'] } } });
    const added = await writer.addFinalizer(base, 'finalizers.fluxcd.io');
    expect(added.metadata.finalizers).toEqual(['other.test/f', 'finalizers.fluxcd.io']);
    await client.delete(ref('final'));
    await writer.removeFinalizer(added, 'finalizers.fluxcd.io');
    expect((await client.get(ref('final')))?.metadata.finalizers).toEqual(['other.test/f']);
    await client.patch(ref('final'), { type: 'merge', body: { metadata: { finalizers: null } } });
    await writer.removeFinalizer(added, 'finalizers.fluxcd.io');
    expect(await client.get(ref('final'))).toBeUndefined();
  });
});
