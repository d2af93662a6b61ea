import type { KubeObject } from '@flotilla/common/kube/object';
import { createApplyEngine } from '@flotilla/agent/ssa/create-engine';
import { ApplyError } from '@flotilla/agent/ssa/errors';
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
  rig = await startEngineRig('apply');
});
afterAll(() => rig?.stop());
beforeEach(async () => {
  ns = await rig.namespace();
  rig.requests.length = 0;
});

const live = (kind: string, name: string, apiVersion = 'v1') =>
  rig.client.get(ref(apiVersion, kind, ns, name));
const patches = () => rig.requests.filter((request) => request.startsWith('PATCH')).length;
const gets = () => rig.requests.filter((request) => request.startsWith('GET')).length;

/** Applies objects that must be refused; gives the error. */
async function refused(objects: KubeObject[]): Promise<ApplyError> {
  const error: unknown = await rig.apply(objects).catch((reason: unknown) => reason);
  if (!(error instanceof ApplyError)) throw new Error('the apply was not refused', { cause: error });
  return error;
}

describe('applying new and changed objects (flux-compat 3.6, 4 to 6)', () => {
  it('creates with owner labels and the field manager, in two requests an object', async () => {
    await rig.apply([configMap(ns, 'warm-up', {})]);
    rig.requests.length = 0;
    const changes = await rig.apply([configMap(ns, 'b', { k: 'v' }), configMap(ns, 'a', { k: 'v' })]);
    expect(actions(changes)).toEqual(['ConfigMap/a created', 'ConfigMap/b created']);
    expect(rig.requests).toEqual(['PATCH 201', 'PATCH 201', 'PATCH 201', 'PATCH 201']);
    const object = await live('ConfigMap', 'a');
    expect(object?.metadata.labels).toEqual({
      [`${group}/name`]: 'apps',
      [`${group}/namespace`]: 'flux-system',
    });
    expect(object?.metadata.managedFields).toMatchObject([
      { manager: 'kustomize-controller', operation: 'Apply' },
    ]);
    expect(changes.entries[0]?.live?.metadata.uid).toBe(object?.metadata.uid);
  });

  it('sends no PATCH for unchanged objects but the dry-run', async () => {
    const objects = [
      configMap(ns, 'c', { k: 'v' }),
      deployment(ns, 'd'),
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: ns }, stringData: { k: 'v' } },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'v', namespace: ns },
        spec: { ports: [{ port: 80 }, { port: 81, name: 'x' }].map((p, i) => ({ name: `p${i}`, ...p })) },
      },
    ];
    const first = await rig.apply(objects);
    rig.requests.length = 0;
    const second = await rig.apply(objects);
    expect(second.entries.map(({ action }) => action)).toEqual([
      'unchanged',
      'unchanged',
      'unchanged',
      'unchanged',
    ]);
    expect([patches(), gets()]).toEqual([4, 4]);
    expect(second.entries.map((e) => e.live?.metadata.resourceVersion)).toEqual(
      first.entries.map((e) => e.live?.metadata.resourceVersion),
    );
    expect((await live('Deployment', 'd', 'apps/v1'))?.metadata.managedFields).toEqual(
      first.entries.find((e) => e.ref.kind === 'Deployment')?.live?.metadata.managedFields,
    );
  });

  it('reverts a manual edit and names the field and who made it', async () => {
    await rig.apply([deployment(ns, 'd')]);
    await rig.kubectl.run(['-n', ns, 'patch', 'deployment/d', '-p', '{"spec":{"replicas":3}}']);
    const changes = await rig.apply([deployment(ns, 'd')]);
    expect(actions(changes)).toEqual(['Deployment/d configured']);
    expect(changes.entries[0]?.drift).toEqual([{ path: '/spec/replicas', manager: 'kubectl-patch' }]);
    expect((await live('Deployment', 'd', 'apps/v1'))?.spec).toMatchObject({ replicas: 1 });
  });

  it('leaves fields that another controller added', async () => {
    await rig.apply([configMap(ns, 'c', { k: 'v' })]);
    await rig.client.patch(
      ref('v1', 'ConfigMap', ns, 'c'),
      { type: 'merge', body: { data: { extra: 'x' } } },
      { fieldManager: 'some-operator' },
    );
    expect(actions(await rig.apply([configMap(ns, 'c', { k: 'v' })]))).toEqual(['ConfigMap/c unchanged']);
    expect((await live('ConfigMap', 'c'))?.['data']).toEqual({ k: 'v', extra: 'x' });
  });

  it('removes a field that is no longer declared', async () => {
    await rig.apply([configMap(ns, 'c', { k: 'v', old: 'x' })]);
    await rig.apply([configMap(ns, 'c', { k: 'v' })]);
    expect((await live('ConfigMap', 'c'))?.['data']).toEqual({ k: 'v' });
  });

  it('sets common metadata over what is declared, and the owner labels over both', async () => {
    const commonMetadata = {
      labels: { team: 'blue', [`${group}/name`]: 'stolen' },
      annotations: { note: 'common' },
    };
    await rig.apply(
      [configMap(ns, 'c', {}, { labels: { team: 'red' }, annotations: { note: 'own', other: 'kept' } })],
      { commonMetadata },
    );
    const { labels, annotations } = (await live('ConfigMap', 'c'))!.metadata;
    expect(labels).toEqual({
      team: 'blue',
      [`${group}/name`]: 'apps',
      [`${group}/namespace`]: 'flux-system',
    });
    expect(annotations).toEqual({ note: 'common', other: 'kept' });
  });

  it('drops fields of built-in kinds that the server does not know', async () => {
    const object = deployment(ns, 'd', { futureField: { a: 1 } });
    const container = (object.spec as { template: { spec: { containers: Array<Record<string, unknown>> } } })
      .template.spec.containers[0]!;
    container['newThing'] = true;
    object.metadata['newMeta'] = 'x';
    expect(actions(await rig.apply([object]))).toEqual(['Deployment/d created']);
    expect(actions(await rig.apply([object]))).toEqual(['Deployment/d unchanged']);
    expect(object.spec).toHaveProperty('futureField');
  });
});

describe('controls on one object (flux-compat 1.3)', () => {
  const control = (key: string, value: string) => ({ annotations: { [`${group}/${key}`]: value } });

  it('reconcile: disabled on the declared object sends nothing', async () => {
    expect(actions(await rig.apply([configMap(ns, 'c', {}, control('reconcile', 'Disabled'))]))).toEqual([
      'ConfigMap/c skipped',
    ]);
    expect(rig.requests).toEqual([]);
  });

  it('ssa: Ignore on the live object skips, also when the server would refuse the apply', async () => {
    await rig.apply([deployment(ns, 'd')]);
    await rig.kubectl.run(['-n', ns, 'label', 'deployment/d', `${group}/ssa=ignore`]);
    expect(actions(await rig.apply([deployment(ns, 'd', { replicas: 7 })]))).toEqual([
      'Deployment/d skipped',
    ]);
    const immutable = deployment(ns, 'd', { selector: { matchLabels: { app: 'other' } } });
    expect(actions(await rig.apply([immutable]))).toEqual(['Deployment/d skipped']);
    expect((await live('Deployment', 'd', 'apps/v1'))?.spec).toMatchObject({ replicas: 1 });
  });

  it('ssa: IfNotPresent creates once and then leaves it alone', async () => {
    const once = (value: string) => configMap(ns, 'c', { k: value }, control('ssa', 'IfNotPresent'));
    expect(actions(await rig.apply([once('1')]))).toEqual(['ConfigMap/c created']);
    expect(actions(await rig.apply([once('2')]))).toEqual(['ConfigMap/c skipped']);
    expect((await live('ConfigMap', 'c'))?.['data']).toEqual({ k: '1' });
  });
});

describe('objects that the server refuses (flux-compat 3.6, 4)', () => {
  const rows: Array<[string, () => KubeObject, () => string | RegExp]> = [
    [
      'a namespaced object without namespace',
      () => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } }),
      () => 'ConfigMap/c namespace not specified: the server could not find the requested resource\n',
    ],
    [
      'a namespace that is not there',
      () => configMap('nowhere', 'c', {}),
      () => 'ConfigMap/nowhere/c not found: namespaces "nowhere" not found\n',
    ],
    [
      'a kind that is not served',
      () => ({ apiVersion: 'example.com/v1', kind: 'Pizza', metadata: { name: 'p', namespace: ns } }),
      () => `Pizza/${ns}/p dry-run failed: no matches for kind "Pizza" in version "example.com/v1"\n`,
    ],
    [
      'an invalid object',
      () => deployment(ns, 'd', { replicas: -1 }),
      () =>
        `Deployment/${ns}/d dry-run failed (Invalid): Deployment.apps "d" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0\n`,
    ],
  ];
  it.each(rows)('%s', async (_, object, message) => {
    expect((await refused([object()])).message).toBe(message());
  });

  it('stop their stage before anything of it is applied', async () => {
    const error = await refused([configMap(ns, 'good', {}), deployment(ns, 'bad', { replicas: -1 })]);
    expect(error.partial).toEqual([]);
    expect(await live('ConfigMap', 'good')).toBeUndefined();
  });

  it('leave the earlier stages applied and tell of them', async () => {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: `${ns}-new` } };
    const error = await refused([
      namespace,
      configMap(ns, 'good', {}),
      deployment(ns, 'bad', { replicas: -1 }),
    ]);
    expect(error.message).toMatch(
      new RegExp(
        `^Deployment/${ns}/bad dry-run failed \\(Invalid\\): .*\nNamespace/${ns}-new created\n$`,
        's',
      ),
    );
    expect(actions(error.changes)).toEqual([`Namespace/${ns}-new created`]);
    expect(await rig.client.get({ apiVersion: 'v1', kind: 'Namespace', name: `${ns}-new` })).toBeDefined();
    expect(await live('ConfigMap', 'good')).toBeUndefined();
  });

  it('an encrypted Secret (3.4)', async () => {
    const metadata = { name: 's', namespace: ns };
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata, data: {}, sops: { mac: 'x' } };
    await expect(rig.apply([configMap(ns, 'good', {}), secret])).rejects.toThrow(
      new RegExp(
        `^Secret/${ns}/s is SOPS encrypted, configuring decryption is required for this secret to be reconciled$`,
      ),
    );
    expect(await live('ConfigMap', 'good')).toBeUndefined();
  });

  it('what the identity may not do', async () => {
    const engine = createApplyEngine({
      client: rig.client.impersonate('system:serviceaccount:tenant:applier'),
    });
    await expect(engine.applyAllStaged([configMap(ns, 'c', {})], rig.applyOptions())).rejects.toThrow(
      `ConfigMap/${ns}/c dry-run failed (Forbidden): configmaps "c" is forbidden: User "system:serviceaccount:tenant:applier" cannot patch resource "configmaps" in API group "" in the namespace "${ns}"`,
    );
  });

  it('an encrypted Secret with decrypt: disabled is applied as it is', async () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's', namespace: ns, annotations: { [`${group}/decrypt`]: 'disabled' } },
      stringData: { k: 'ENC[x]' },
      sops: { mac: 'x' },
    };
    expect(actions(await rig.apply([secret]))).toEqual(['Secret/s created']);
  });
});

describe('stages (flux-compat 3.6, 2)', () => {
  it('a CustomResourceDefinition, a Namespace and custom resources in it come with one apply', async () => {
    const inside = `${ns}-inside`;
    const changes = await rig.apply([
      {
        apiVersion: 'one-apply.test/v1',
        kind: 'Boat',
        metadata: { name: 'b', namespace: inside },
        spec: { size: 1 },
      },
      configMap(inside, 'c', { k: 'v' }),
      crd('one-apply.test', 'Boat'),
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: inside } },
    ]);
    expect(actions(changes)).toEqual([
      'CustomResourceDefinition/boats.one-apply.test created',
      `Namespace/${inside} created`,
      'ConfigMap/c created',
      'Boat/b created',
    ]);
  });

  it('a custom resource with a field that its schema does not have is refused', async () => {
    await rig.apply([crd('strict.test', 'Ship')]);
    const object = {
      apiVersion: 'strict.test/v1',
      kind: 'Ship',
      metadata: { name: 's', namespace: ns },
      spec: { colour: 'red' },
    };
    expect((await refused([object])).message).toContain('field not declared in schema');
  });
});
