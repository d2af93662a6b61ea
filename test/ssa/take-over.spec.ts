import type { KubeObject } from '@flotilla/common/kube/object';
import type { KubeClient } from '@flotilla/agent/kube/client';
import { createApplyEngine } from '@flotilla/agent/ssa/create-engine';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { actions, configMap, deployment, group, ref, startEngineRig, type EngineRig } from './engine-rig.js';

let rig: EngineRig;
let ns: string;
beforeAll(async () => {
  rig = await startEngineRig('take-over');
});
afterAll(() => rig?.stop());
beforeEach(async () => {
  ns = await rig.namespace();
});

const live = async (name: string): Promise<KubeObject> =>
  (await rig.client.get(ref('v1', 'ConfigMap', ns, name)))!;
const managers = (object: KubeObject) =>
  object.metadata.managedFields?.map(({ manager, operation }) => `${manager} ${operation}`);
const asYaml = (object: KubeObject) => JSON.stringify(object);

describe('fields of other managers (flux-compat 3.6, 6)', () => {
  it('a field that kubectl edit added is removed, with one manager left', async () => {
    await rig.apply([configMap(ns, 'c', { k: 'v' })]);
    await rig.kubectl.run([
      '-n',
      ns,
      'patch',
      'configmap/c',
      '--field-manager=kubectl-edit',
      '-p',
      '{"data":{"extra":"x"}}',
    ]);
    const changes = await rig.apply([configMap(ns, 'c', { k: 'v' })]);
    expect(actions(changes)).toEqual(['ConfigMap/c configured']);
    expect(changes.entries[0]?.drift).toEqual([{ path: '/data/extra', manager: 'kubectl-edit' }]);
    const object = await live('c');
    expect(object['data']).toEqual({ k: 'v' });
    expect(managers(object)).toEqual(['kustomize-controller Apply']);
    expect(actions(await rig.apply([configMap(ns, 'c', { k: 'v' })]))).toEqual(['ConfigMap/c unchanged']);
  });

  it('an object of kubectl apply is adopted, its annotation goes', async () => {
    await rig.kubectl.run(
      ['apply', '--validate=false', '-f', '-'],
      asYaml(configMap(ns, 'c', { k: 'v', gone: 'x' })),
    );
    expect((await live('c')).metadata.annotations).toHaveProperty([
      'kubectl.kubernetes.io/last-applied-configuration',
    ]);
    expect(actions(await rig.apply([configMap(ns, 'c', { k: 'v' })]))).toEqual(['ConfigMap/c configured']);
    const object = await live('c');
    expect(object['data']).toEqual({ k: 'v' });
    expect(object.metadata.annotations).toBeUndefined();
    expect(managers(object)).toEqual(['kustomize-controller Apply']);
  });

  it('an object of kubectl apply --server-side is adopted', async () => {
    await rig.kubectl.apply(asYaml(configMap(ns, 'c', { k: 'v', gone: 'x' })));
    await rig.apply([configMap(ns, 'c', { k: 'v' })]);
    expect((await live('c'))['data']).toEqual({ k: 'v' });
    expect(managers(await live('c'))).toEqual(['kustomize-controller Apply']);
  });

  it('ssa: Merge keeps what kubectl added', async () => {
    const merged = configMap(ns, 'c', { k: 'v' }, { annotations: { [`${group}/ssa`]: 'merge' } });
    await rig.apply([merged]);
    await rig.kubectl.run(['-n', ns, 'patch', 'configmap/c', '-p', '{"data":{"extra":"x","k":"edited"}}']);
    expect(actions(await rig.apply([merged]))).toEqual(['ConfigMap/c configured']);
    expect((await live('c'))['data']).toEqual({ k: 'v', extra: 'x' });
  });

  it('an override manager is taken over like kubectl', async () => {
    await rig.apply([configMap(ns, 'c', { k: 'v' })]);
    await rig.client.patch(
      ref('v1', 'ConfigMap', ns, 'c'),
      { type: 'merge', body: { data: { extra: 'x' } } },
      { fieldManager: 'legacy-tool' },
    );
    expect(actions(await rig.apply([configMap(ns, 'c', { k: 'v' })]))).toEqual(['ConfigMap/c unchanged']);
    expect(
      actions(await rig.apply([configMap(ns, 'c', { k: 'v' })], { overrideManagers: ['legacy'] })),
    ).toEqual(['ConfigMap/c configured']);
    expect((await live('c'))['data']).toEqual({ k: 'v' });
  });

  it('ownership that another manager took by force comes back', async () => {
    await rig.apply([configMap(ns, 'c', { k: 'v' })]);
    await rig.client.apply(configMap(ns, 'c', { k: 'stolen' }), {
      fieldManager: 'other-applier',
      force: true,
    });
    const changes = await rig.apply([configMap(ns, 'c', { k: 'v' })]);
    expect(changes.entries[0]?.drift).toEqual([{ path: '/data/k', manager: 'other-applier' }]);
    expect((await live('c'))['data']).toEqual({ k: 'v' });
  });
});

describe('a write between the read and the take-over', () => {
  it('is not lost', async () => {
    await rig.apply([configMap(ns, 'c', { k: 'v' })]);
    const name = ref('v1', 'ConfigMap', ns, 'c');
    const write = (data: Record<string, string>, fieldManager: string) =>
      rig.client.patch(name, { type: 'merge', body: { data } }, { fieldManager });
    await write({ extra: 'x' }, 'kubectl-edit');
    let reads = 0;
    const racing: KubeClient = Object.create(rig.client, {
      get: {
        value: async (...given: Parameters<KubeClient['get']>) => {
          const read = await rig.client.get(...given);
          if (++reads === 1) await write({ late: 'y' }, 'some-operator');
          return read;
        },
      },
    });
    const engine = createApplyEngine({ client: racing });
    const changes = await engine.applyAllStaged([configMap(ns, 'c', { k: 'v' })], rig.applyOptions());
    expect(actions(changes)).toEqual(['ConfigMap/c configured']);
    const object = await live('c');
    expect(object['data']).toEqual({ k: 'v', late: 'y' });
    expect(managers(object)?.toSorted()).toEqual(['kustomize-controller Apply', 'some-operator Update']);
    expect(reads).toBeGreaterThan(1);
  });
});

describe('immutable fields and force (flux-compat 3.6, 7)', () => {
  const other = () =>
    deployment(ns, 'd', {
      selector: { matchLabels: { app: 'x' } },
      template: { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'a', image: 'i' }] } },
    });
  const uid = async () => (await rig.client.get(ref('apps/v1', 'Deployment', ns, 'd')))?.metadata.uid;

  it('without force the apply is refused and the object stays', async () => {
    await rig.apply([deployment(ns, 'd')]);
    const before = await uid();
    await expect(rig.apply([other()])).rejects.toThrow(
      /^Deployment\/\S+\/d dry-run failed \(Invalid\): .*field is immutable/,
    );
    expect(await uid()).toBe(before);
  });

  it('with force the object is recreated and reported as created', async () => {
    await rig.apply([deployment(ns, 'd')]);
    const before = await uid();
    expect(actions(await rig.apply([other()], { force: true }))).toEqual(['Deployment/d created']);
    expect(await uid()).not.toBe(before);
  });

  it('force: enabled on the live object is enough', async () => {
    await rig.apply([deployment(ns, 'd')]);
    await rig.kubectl.run(['-n', ns, 'annotate', 'deployment/d', `${group}/force=Enabled`]);
    expect(actions(await rig.apply([other()]))).toEqual(['Deployment/d created']);
  });

  it('force does not delete for an object that is simply wrong', async () => {
    await expect(rig.apply([deployment(ns, 'd', { replicas: -1 })], { force: true })).rejects.toThrow(
      /dry-run failed \(Invalid\)/,
    );
    expect(await uid()).toBeUndefined();
  });

  it('an object with a finalizer is waited for, within the limit of the apply', async () => {
    await rig.apply([deployment(ns, 'd')]);
    const name = ref('apps/v1', 'Deployment', ns, 'd');
    await rig.client.patch(name, {
      type: 'merge',
      body: { metadata: { finalizers: ['flotilla.test/hold'] } },
    });
    await expect(rig.apply([other()], { force: true, signal: AbortSignal.timeout(500) })).rejects.toThrow(
      /^Deployment\/\S+\/d immutable field detected, failed to wait for object to be deleted: /,
    );
    await rig.client.patch(name, { type: 'merge', body: { metadata: { finalizers: null } } });
    expect(actions(await rig.apply([other()], { force: true }))).toEqual(['Deployment/d created']);
  });
});
