import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configMap, KustomizationRig, ready } from './kustomization-rig.js';

let rig: KustomizationRig;
beforeAll(async () => {
  rig = await KustomizationRig.start();
  await rig.startController();
});
afterAll(async () => rig?.stop());

const type = { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization' };

async function applied(spec: Record<string, unknown>): Promise<string> {
  const ns = await rig.namespace();
  await rig.publish(ns, 'fleet', 'main@sha1:1', { 'a.yaml': configMap(ns, 'a') });
  await rig.kustomization(ns, `gone-${ns}`, spec);
  await rig.untilReady(ns, `gone-${ns}`, 'main@sha1:1');
  return ns;
}

async function deleteIt(ns: string): Promise<void> {
  await rig.client.delete({ ...type, namespace: ns, name: `gone-${ns}` });
  await expect.poll(() => rig.read(ns, `gone-${ns}`), { timeout: 20_000 }).toBeUndefined();
}

describe('the deletion of a Kustomization (flux-compat 3.9)', () => {
  const rows: Array<[title: string, spec: Record<string, unknown>, isKept: boolean]> = [
    ['deletes its objects with prune', { prune: true }, false],
    ['keeps them without prune', { prune: false }, true],
    [
      'deletes them without prune when the policy is Delete',
      { prune: false, deletionPolicy: 'Delete' },
      false,
    ],
    [
      'deletes them when the policy is WaitForTermination',
      { prune: false, deletionPolicy: 'WaitForTermination' },
      false,
    ],
    ['keeps them when the policy is Orphan', { prune: true, deletionPolicy: 'Orphan' }, true],
  ];
  it.each(rows)('%s', async (_title, spec, isKept) => {
    const ns = await applied(spec);
    await deleteIt(ns);

    expect((await rig.get('v1', 'ConfigMap', ns, 'a')) !== undefined).toBe(isKept);
  });

  it('keeps everything when suspended', async () => {
    const ns = await applied({ prune: true });
    await rig.patch(ns, `gone-${ns}`, { spec: { suspend: true } });
    await deleteIt(ns);

    expect(await rig.get('v1', 'ConfigMap', ns, 'a')).toBeDefined();
  });

  it('keeps everything when the ServiceAccount is gone, and says so', async () => {
    const ns = await applied({ prune: true });
    await rig.patch(ns, `gone-${ns}`, { spec: { serviceAccountName: 'gone', suspend: false } });
    await rig.untilReason(ns, `gone-${ns}`, 'ReconciliationFailed');
    await deleteIt(ns);

    expect(await rig.get('v1', 'ConfigMap', ns, 'a')).toBeDefined();
    expect(rig.eventsOf(`gone-${ns}`).at(-1)).toMatchObject({
      severity: 'error',
      message: `unable to prune objects: \nConfigMap/${ns}/a`,
    });
  });
});

describe('prune (flux-compat 3.7)', () => {
  it('spares what was adopted, what says so, and forgets both', async () => {
    const ns = await applied({});
    const name = `gone-${ns}`;
    const marked = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        namespace: ns,
        name: 'marked',
        annotations: { 'kustomize.toolkit.fluxcd.io/prune': 'Disabled' },
      },
    };
    await rig.publish(ns, 'fleet', 'main@sha1:2', {
      'a.yaml': configMap(ns, 'a'),
      'adopted.yaml': configMap(ns, 'adopted'),
      'marked.yaml': JSON.stringify(marked),
      'pruned.yaml': configMap(ns, 'pruned'),
    });
    await rig.untilReady(ns, name, 'main@sha1:2');
    await rig.patch(ns, name, { spec: { suspend: true } });
    await rig.client.patch(
      { apiVersion: 'v1', kind: 'ConfigMap', namespace: ns, name: 'adopted' },
      { type: 'merge', body: { metadata: { labels: { 'kustomize.toolkit.fluxcd.io/name': 'other' } } } },
    );
    await rig.publish(ns, 'fleet', 'main@sha1:3', { 'a.yaml': configMap(ns, 'a') });
    await rig.patch(ns, name, { spec: { suspend: false } });

    const object = await rig.untilReady(ns, name, 'main@sha1:3');

    const left = await rig.client.list({ apiVersion: 'v1', kind: 'ConfigMap' }, { namespace: ns });
    expect(
      left.items.map(({ metadata }) => metadata.name).filter((one) => one !== 'kube-root-ca.crt'),
    ).toEqual(['a', 'adopted', 'marked']);
    expect(object.status?.inventory?.entries).toEqual([{ id: `${ns}_a__ConfigMap`, v: 'v1' }]);
  });

  it('keeps what it could not delete in the inventory, and tries again', async () => {
    const ns = await applied({ retryInterval: '1s' });
    const name = `gone-${ns}`;
    await rig.patch(ns, name, { spec: { suspend: true } });
    await rig.publish(ns, 'fleet', 'main@sha1:2', {});
    await rig.patch(ns, name, { spec: { suspend: false, serviceAccountName: 'nobody' } });

    const object = await rig.untilReason(ns, name, 'PruneFailed');
    expect(ready(object)?.message).toMatch(/^delete failed, errors: .*forbidden/i);
    expect(object.status?.inventory?.entries).toEqual([{ id: `${ns}_a__ConfigMap`, v: 'v1' }]);
    expect(object.status?.history?.[0]?.lastReconciledStatus).toBe('PruneFailed');

    await rig.patch(ns, name, { spec: { serviceAccountName: null } });
    await rig.untilReady(ns, name, 'main@sha1:2');
    expect(await rig.get('v1', 'ConfigMap', ns, 'a')).toBeUndefined();
  });
});
