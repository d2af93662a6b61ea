import type { KubeObject } from '@flotilla/common/kube/object';
import { DeleteError } from '@flotilla/agent/ssa/errors';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  actions,
  configMap,
  crd,
  deployment,
  group,
  ref,
  startEngineRig,
  type EngineRig,
} from './engine-rig.js';

let rig: EngineRig;
let ns: string;
beforeAll(async () => {
  rig = await startEngineRig('delete');
});
afterAll(() => rig?.stop());
beforeEach(async () => {
  ns = await rig.namespace();
});

const signal = () => AbortSignal.timeout(30_000);
const map = (name: string) => ref('v1', 'ConfigMap', ns, name);
const exists = async (name: string) => (await rig.client.get(map(name))) !== undefined;

describe('prune (flux-compat 3.7)', () => {
  const remove = (...names: string[]) =>
    rig.engine.deleteAll(names.map(map), { owner: rig.owner, signal: signal() });

  it('deletes in reverse apply order', async () => {
    await rig.apply([
      configMap(ns, 'c', {}),
      deployment(ns, 'd'),
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: ns } },
    ]);
    const refs = [map('c'), ref('apps/v1', 'Deployment', ns, 'd'), ref('v1', 'Secret', ns, 's')];
    const changes = await rig.engine.deleteAll(refs, { owner: rig.owner, signal: signal() });
    expect(actions(changes)).toEqual(['Deployment/d deleted', 'Secret/s deleted', 'ConfigMap/c deleted']);
    expect(await exists('c')).toBe(false);
  });

  it('an object that is gone already counts as deleted', async () => {
    expect(actions(await remove('never-was'))).toEqual(['ConfigMap/never-was deleted']);
  });

  it('an object that another owner has adopted stays', async () => {
    await rig.apply([configMap(ns, 'c', {})]);
    await rig.apply([configMap(ns, 'c', {})], { owner: { ...rig.owner, name: 'other' } });
    expect(actions(await remove('c'))).toEqual(['ConfigMap/c skipped']);
    expect(await exists('c')).toBe(true);
  });

  it.each([
    ['prune', 'disabled'],
    ['reconcile', 'Disabled'],
    ['ssa', 'ignore'],
  ])('an object with %s: %s on the live one stays', async (key, value) => {
    await rig.apply([configMap(ns, 'c', {})]);
    await rig.kubectl.run(['-n', ns, 'annotate', 'configmap/c', `${group}/${key}=${value}`]);
    expect(actions(await remove('c'))).toEqual(['ConfigMap/c skipped']);
    expect(await exists('c')).toBe(true);
  });

  it('collects all failures and deletes the rest', async () => {
    await rig.apply([configMap(ns, 'c', {})]);
    // What is in a namespace cannot be asked for without one.
    const nowhere = (name: string) => ({ apiVersion: 'v1', kind: 'Secret', name });
    const error: unknown = await rig.engine
      .deleteAll([nowhere('a'), map('c'), nowhere('b')], { owner: rig.owner, signal: signal() })
      .catch((reason: unknown) => reason);
    if (!(error instanceof DeleteError)) throw new Error('the deletion did not fail', { cause: error });
    const missing = (name: string) =>
      `Secret/${name} query failed: Secret/${name}: namespace is not set, but Secret is a namespaced kind;`;
    expect(error.message).toBe(`delete failed, errors: ${missing('b')}${missing('a')}`);
    expect(actions(error.changes)).toEqual(['Secret/b unknown', 'Secret/a unknown', 'ConfigMap/c deleted']);
    expect(await exists('c')).toBe(false);
  });

  it('what has just been applied stays, whatever its name is here', async () => {
    await rig.apply([configMap(ns, 'c', {})]);
    const uid = (await rig.client.get(map('c')))?.metadata.uid ?? '';
    const options = { owner: rig.owner, keep: new Set([uid]), signal: signal() };
    expect(actions(await rig.engine.deleteAll([map('c')], options))).toEqual(['ConfigMap/c skipped']);
    expect(await exists('c')).toBe(true);
  });

  it('objects of a kind that nobody defines any more are gone with it', async () => {
    const changes = await rig.engine.deleteAll([ref('nobody.example.com/v1', 'Pizza', ns, 'a')], {
      owner: rig.owner,
      signal: signal(),
    });
    expect(actions(changes)).toEqual(['Pizza/a deleted']);
  });

  it.each([
    ['is defined in another version alone', 'defined.example.com/v9', 'Pizza'],
    ['comes with Kubernetes', 'apps/v1beta9', 'Deployment'],
  ])('an object of a kind that %s may be there, so its deletion fails', async (_, apiVersion, kind) => {
    await rig.client.apply(crd('defined.example.com', 'Pizza'), { fieldManager: 'test', force: true });
    const deleting = rig.engine.deleteAll([ref(apiVersion, kind, ns, 'a')], {
      owner: rig.owner,
      signal: signal(),
    });
    await expect(deleting).rejects.toThrow(
      `${kind}/${ns}/a query failed: no matches for kind "${kind}" in version "${apiVersion}"`,
    );
  });
});

describe('waiting for termination (flux-compat 3.9)', () => {
  it('ends when the last object is gone', async () => {
    await rig.apply([configMap(ns, 'c', {}, { finalizers: ['flotilla.test/hold'] })]);
    await rig.engine.deleteAll([map('c')], { owner: rig.owner, signal: signal() });
    const waiting = rig.engine.waitForTermination([map('gone'), map('c')], {
      timeoutMs: 20_000,
      signal: signal(),
    });
    await rig.client.patch(map('c'), { type: 'merge', body: { metadata: { finalizers: null } } });
    await waiting;
    expect(await exists('c')).toBe(false);
  });

  it('names what is left when the time is over', async () => {
    await rig.apply([configMap(ns, 'c', {})]);
    const waiting = rig.engine.waitForTermination([map('gone'), map('c')], {
      timeoutMs: 200,
      signal: signal(),
    });
    await expect(waiting).rejects.toThrow(`ConfigMap/${ns}/c termination timeout: context deadline exceeded`);
  });
});

describe('waiting for health (flux-compat 3.8)', () => {
  /** Reads the status out of `data.status`, so that a test can move it. */
  const readStatus = (object: KubeObject | undefined) => {
    const data = object?.['data'] as { status?: string; message?: string } | undefined;
    return object
      ? { status: data?.status ?? 'Current', message: data?.message ?? '' }
      : { status: 'NotFound', message: 'not there' };
  };
  const wait = (names: string[], options: { timeoutMs?: number; failFast?: boolean } = {}) =>
    rig.engine.wait(
      names.map((name) => ({ ref: map(name) })),
      { timeoutMs: 20_000, signal: signal(), readStatus, ...options },
    );
  const set = (name: string, data: Record<string, string>) =>
    rig.client.apply(configMap(ns, name, data), { fieldManager: 'test', force: true });

  it('ends when all are Current', async () => {
    await set('a', { status: 'InProgress' });
    const waiting = wait(['a', 'b']);
    await set('a', { status: 'Current' });
    await set('b', { status: 'Current' });
    await waiting;
  });

  it('an object that falls back after it was Current is waited for again', async () => {
    await set('a', { status: 'Current' });
    await set('b', { status: 'InProgress' });
    const waiting = wait(['a', 'b'], { timeoutMs: 1_500 });
    // Attached at once, so that the rejection is expected from the start.
    const outcome = expect(waiting).rejects.toThrow(
      `timeout waiting for: [ConfigMap/${ns}/a status: 'InProgress']`,
    );
    await set('a', { status: 'InProgress' });
    await set('b', { status: 'Current' });
    await outcome;
  });

  it('names all that are not ready when the time is over, in the order given', async () => {
    await set('a', { status: 'InProgress', message: 'still working' });
    await set('c', { status: 'Current' });
    await expect(wait(['missing', 'c', 'a'], { timeoutMs: 300 })).rejects.toThrow(
      `timeout waiting for: [ConfigMap/${ns}/missing status: 'InProgress', ConfigMap/${ns}/a status: 'InProgress']`,
    );
  });

  it('fails early for a stalled object', async () => {
    await set('a', { status: 'InProgress' });
    await set('b', { status: 'Failed', message: 'Progress deadline exceeded' });
    await expect(wait(['a', 'b'])).rejects.toThrow(
      `failed early due to stalled resources: [ConfigMap/${ns}/b status: 'Failed': Progress deadline exceeded]`,
    );
  });

  it('goes on without fail-fast', async () => {
    await set('b', { status: 'Failed', message: 'broken' });
    await expect(wait(['b'], { timeoutMs: 300, failFast: false })).rejects.toThrow(
      `timeout waiting for: [ConfigMap/${ns}/b status: 'Failed': broken]`,
    );
  });

  it('a Job that removes itself and is gone has finished', async () => {
    const job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'j', namespace: ns },
      spec: {
        ttlSecondsAfterFinished: 0,
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'i' }] } },
      },
    };
    const changes = await rig.apply([job]);
    const { ref: name, live } = changes.entries[0]!;
    // Servers before 1.21 drop the field.
    const lasting = { ...live!, spec: { ...(live!.spec as object), ttlSecondsAfterFinished: 0 } };
    const running = (object: KubeObject | undefined) => ({
      status: object ? 'InProgress' : 'NotFound',
      message: '',
    });
    const waiting = rig.engine.wait([{ ref: name, live: lasting }], {
      timeoutMs: 20_000,
      signal: signal(),
      readStatus: running,
    });
    await rig.client.delete(name, { propagation: 'Background' });
    await waiting;
  });

  it('a StatefulSet with a failed Pod fails early, by kstatus', async () => {
    const labels = { app: 'db' };
    const containers = [{ name: 'a', image: 'i' }];
    const template = { metadata: { labels }, spec: { containers } };
    const spec = { serviceName: 'db', selector: { matchLabels: labels }, template };
    const set = { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'db', namespace: ns }, spec };
    const changes = await rig.apply([set]);
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'db-0', namespace: ns, labels },
      spec: { containers },
    };
    await rig.client.create(pod);
    const waiting = { state: { waiting: { reason: 'CrashLoopBackOff' } } };
    const status = {
      phase: 'Running',
      containerStatuses: [{ name: 'a', image: 'i', imageID: '', ready: false, restartCount: 3, ...waiting }],
    };
    await rig.client.patch(
      ref('v1', 'Pod', ns, 'db-0'),
      { type: 'merge', body: { status } },
      { subresource: 'status' },
    );
    await expect(
      rig.engine.wait([{ ref: changes.entries[0]!.ref }], { timeoutMs: 20_000, signal: signal() }),
    ).rejects.toThrow(
      /^failed early due to stalled resources: \[StatefulSet\/\S+\/db status: 'Failed': .*db-0.*\]$/,
    );
  });

  it('a kind that is not served is told in the text', async () => {
    const target = { ref: ref('example.com/v1', 'Pizza', ns, 'p') };
    const waiting = rig.engine.wait([target], { timeoutMs: 200, signal: signal() });
    await expect(waiting).rejects.toThrow(
      `timeout waiting for: [Pizza/${ns}/p status: 'Unknown': no matches for kind "Pizza" in version "example.com/v1"]`,
    );
  });

  it('ends with the reason of the signal when it is aborted', async () => {
    const abort = new AbortController();
    const waiting = rig.engine.wait([{ ref: map('never') }], { timeoutMs: 20_000, signal: abort.signal });
    const outcome = expect(waiting).rejects.toThrow('new revision');
    abort.abort(new Error('new revision'));
    await outcome;
  });
});
