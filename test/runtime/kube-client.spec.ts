import type { KubeObject } from '@flotilla/common/kube/object';
import type { KubeClient } from '@flotilla/agent/kube/client';
import { KubeApiError, NoKindMatchError } from '@flotilla/agent/kube/errors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crd, startWidgetCluster, widgetType, type WidgetCluster } from './widget-cluster.js';

const manager = { fieldManager: 'flotilla-test' };

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

function widget(name: string, spec?: unknown): KubeObject {
  return { ...widgetType, metadata: { name, namespace: 'default' }, spec };
}

describe('reading and writing objects', () => {
  it('creates, reads, patches and deletes', async () => {
    const created = await client.create(configMap('crud', { a: '1' }), manager);
    expect(created.metadata.uid).toBeTruthy();
    const patched = await client.patch(refTo('crud'), { type: 'merge', body: { data: { b: '2' } } }, manager);
    expect(patched['data']).toEqual({ a: '1', b: '2' });
    const json = await client.patch(refTo('crud'), {
      type: 'json',
      body: [{ op: 'remove', path: '/data/a' }],
    });
    expect(json['data']).toEqual({ b: '2' });
    expect(await client.delete(refTo('crud'), { propagation: 'Background' })).toBe(true);
    expect(await client.get(refTo('crud'))).toBeUndefined();
    expect(await client.delete(refTo('crud'))).toBe(false);
  });

  it('refuses to delete another object of the same name', async () => {
    await client.create(configMap('guarded', {}));
    const wrongUid = client.delete(refTo('guarded'), { preconditions: { uid: 'another' } });
    await expect(wrongUid).rejects.toMatchObject({ code: 409, reason: 'Conflict' });
    expect(await client.get(refTo('guarded'))).toBeDefined();
  });

  it('keeps nothing of a dry run', async () => {
    const result = await client.apply(configMap('dry', { a: '1' }), { ...manager, dryRun: true });
    expect(result['data']).toEqual({ a: '1' });
    expect(await client.get(refTo('dry'))).toBeUndefined();
  });

  it('reads metadata only, under the kind that was asked for', async () => {
    await client.create(configMap('slim', { a: '1' }));
    const slim = await client.get(refTo('slim'), { metadataOnly: true });
    expect(slim).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'slim' } });
    expect(slim).not.toHaveProperty('data');
  });

  it('keeps large integers digit by digit', async () => {
    const object = await client.apply(widget('digits', { large: 9223372036854775807n, small: 7 }), manager);
    expect(object.spec).toEqual({ large: 9223372036854775807n, small: 7 });
  });

  it('applies a custom resource with fields that nobody declared', async () => {
    await client.apply(widget('open', { future: { deep: [1, { x: null }] } }), manager);
    const live = await client.get({ ...widget('open'), namespace: 'default', name: 'open' });
    expect(live?.spec).toEqual({ future: { deep: [1, { x: null }] } });
  });

  it('sends fields of a Deployment that this version does not know', async () => {
    const deployment: KubeObject = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'future', namespace: 'default' },
      spec: {
        futureField: true,
        selector: { matchLabels: { app: 'a' } },
        template: { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'a', image: 'a' }] } },
      },
    };
    // The server refuses the field by its name, so it has seen it.
    await expect(client.apply(deployment, manager)).rejects.toThrow(/futureField/);
  });
});

describe('errors of the server', () => {
  const deployment = (spec: unknown): KubeObject => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'bad', namespace: 'default' },
    spec,
  });

  it('says which fields another manager owns', async () => {
    await client.apply(configMap('owned', { a: '1' }), { fieldManager: 'first' });
    const conflict = await client
      .apply(configMap('owned', { a: '2' }), { fieldManager: 'second' })
      .catch((error: unknown) => error);
    expect(conflict).toBeInstanceOf(KubeApiError);
    expect(conflict).toMatchObject({ code: 409, reason: 'Conflict' });
    expect((conflict as KubeApiError).causes[0]).toMatchObject({
      reason: 'FieldManagerConflict',
      field: '.data.a',
    });
    const forced = await client.apply(configMap('owned', { a: '2' }), {
      fieldManager: 'second',
      force: true,
    });
    expect(forced['data']).toEqual({ a: '2' });
  });

  it.each([
    [
      'AlreadyExists 409',
      () => client.create(configMap('owned', {})),
      { code: 409, reason: 'AlreadyExists' },
    ],
    ['Invalid 422', () => client.apply(deployment({}), manager), { code: 422, reason: 'Invalid' }],
    [
      'a namespace that is missing',
      () => client.create({ ...configMap('x', {}), metadata: { name: 'x', namespace: 'none' } }),
      { code: 404, reason: 'NotFound' },
    ],
    [
      'an optimistic lock that lost',
      () =>
        client.apply(
          {
            ...configMap('owned', { a: '3' }),
            metadata: { name: 'owned', namespace: 'default', resourceVersion: '1' },
          },
          { fieldManager: 'second' },
        ),
      { code: 409 },
    ],
  ])('%s', async (_name, act, expected) => {
    await expect(act()).rejects.toMatchObject(expected);
  });

  it('asks discovery again before it says that a kind is unknown', async () => {
    const ref = { apiVersion: 'late.flotilla.test/v1', kind: 'Late', namespace: 'default', name: 'x' };
    await expect(client.get(ref)).rejects.toThrow(
      'no matches for kind "Late" in version "late.flotilla.test/v1"',
    );
    await client.apply(crd('late.flotilla.test', 'Late', 'lates'), manager);
    await expect
      .poll(
        () =>
          client.get(ref).catch((error: unknown) => (error instanceof NoKindMatchError ? 'unknown' : error)),
        { timeout: 15_000 },
      )
      .toBeUndefined();
  });

  it('notices that a kind has gone', async () => {
    await client.apply(crd('gone.flotilla.test', 'Gone', 'gones'), manager);
    const type = { apiVersion: 'gone.flotilla.test/v1', kind: 'Gone' };
    const list = () =>
      client.list(type).then(
        (found) => found.items.length,
        (error: unknown) => (error as Error).name,
      );
    await expect.poll(list, { timeout: 15_000 }).toBe(0);
    await client.delete({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      name: 'gones.gone.flotilla.test',
    });
    await expect.poll(list, { timeout: 15_000 }).toBe('NoKindMatchError');
  });

  it('names a missing namespace without asking the server', async () => {
    await expect(client.get({ apiVersion: 'v1', kind: 'ConfigMap', name: 'x' })).rejects.toThrow(
      'ConfigMap/x: namespace is not set, but ConfigMap is a namespaced kind',
    );
  });

  it('acts as another user, who may do less', async () => {
    const reader = client.impersonate('system:serviceaccount:default:tenant');
    await expect(reader.get(refTo('owned'))).rejects.toMatchObject({ code: 403, reason: 'Forbidden' });
    await expect(reader.get(refTo('owned'))).rejects.toThrow(/system:serviceaccount:default:tenant/);
  });

  it('stops a request when its caller does', async () => {
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    await expect(client.get(refTo('owned'), { signal: stop.signal })).rejects.toThrow('enough');
  });
});
