import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadCluster } from '@flotilla/agent/kube/cluster';
import type { KubeClient } from '@flotilla/agent/kube/client';
import { createKubeClient } from '@flotilla/agent/kube/create-kube-client';
import { createTransport, type KubeTransport } from '@flotilla/agent/kube/transport';
import { startControlPlane, type ControlPlane } from '../servers/control-plane.js';
import { configMap, condition, KustomizationRig, ready } from './kustomization-rig.js';

let rig: KustomizationRig;
let remote: ControlPlane;
let transport: KubeTransport;
let there: KubeClient;
beforeAll(async () => {
  [rig, remote] = await Promise.all([
    KustomizationRig.start(),
    startControlPlane({
      name: 'remote',
      controllerManager: false,
      users: [{ name: 'deployer', groups: ['system:masters'] }, { name: 'nobody' }],
    }),
  ]);
  transport = createTransport(await loadCluster({ kubeconfig: remote.kubeconfig }));
  there = createKubeClient(transport);
  await rig.startController();
});
afterAll(async () => {
  await rig?.stop();
  await transport?.close();
  await remote?.stop();
});

const revision = 'main@sha1:1';
const admin = () => readFileSync(remote.kubeconfig, 'utf8');
const kubeconfigOf = (user: string) => readFileSync(remote.kubeconfigFor({ user }), 'utf8');

async function secret(ns: string, name: string, data: Record<string, string>): Promise<void> {
  const encoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  await rig.client.apply(
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace: ns, name },
      data: Object.fromEntries(encoded),
    },
    { fieldManager: 'test', force: true },
  );
}

/** A namespace that both clusters have, with a source of one ConfigMap. */
async function both(): Promise<string> {
  const ns = await rig.namespace();
  await there.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: ns } });
  await rig.publish(ns, 'fleet', revision, { 'config.yaml': configMap(ns, 'config', { v: '1' }) });
  await secret(ns, 'remote', { value: admin() });
  return ns;
}

/** The API server reads new roles a moment later. */
const authorised = () => sleep(500);

const secretRef = { kubeConfig: { secretRef: { name: 'remote' } } };
const config = (ns: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', namespace: ns, name: 'config' });
const dataThere = async (ns: string) => (await there.get(config(ns)))?.['data'];
const dataHere = async (ns: string) => (await rig.client.get(config(ns)))?.['data'];

describe('kubeConfig.secretRef (flux-compat 3.10)', () => {
  it('applies to the other cluster, with variables of this one, and waits for health there', async () => {
    const ns = await both();
    await rig.publish(ns, 'fleet', revision, { 'config.yaml': configMap(ns, 'config', { v: '${v}' }) });
    const variables = JSON.parse(configMap(ns, 'variables', { v: 'from-here' })) as never;
    await rig.client.apply(variables, { fieldManager: 'test' });
    await rig.kustomization(ns, 'apps', {
      ...secretRef,
      wait: true,
      postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'variables' }] },
    });
    const object = await rig.untilReady(ns, 'apps', revision);
    expect(await dataThere(ns)).toEqual({ v: 'from-here' });
    expect(await dataHere(ns)).toBeUndefined();
    expect(condition(object, 'Healthy')?.status).toBe('True');
    expect(object.status?.inventory?.entries).toEqual([{ id: `${ns}_config__ConfigMap`, v: 'v1' }]);
  });

  it('costs no build and no look at the objects when nothing has changed', async () => {
    const ns = await both();
    await rig.kustomization(ns, 'quiet', { ...secretRef, interval: '1s' });
    await rig.untilReady(ns, 'quiet', revision);
    await sleep(1_500);
    rig.requests.length = 0;
    rig.builds = 0;
    await expect
      .poll(() => rig.requests.filter((one) => one.includes(`${ns}/secrets/remote`)).length, {
        timeout: 5_000,
      })
      .toBeGreaterThan(1);
    expect(rig.builds).toBe(0);
    expect(rig.requests.filter((one) => one.includes(ns) && !one.includes('/secrets/'))).toEqual([]);
    await rig.patch(ns, 'quiet', { spec: { suspend: true } });
  });

  it('corrects drift there at once', async () => {
    const ns = await both();
    await rig.kustomization(ns, 'drift', secretRef);
    await rig.untilReady(ns, 'drift', revision);
    await sleep(1_000);
    await there.patch(
      config(ns),
      { type: 'merge', body: { data: { v: 'edited' } } },
      { fieldManager: 'by-hand' },
    );
    await expect.poll(() => dataThere(ns), { timeout: 5_000 }).toEqual({ v: '1' });
    await expect
      .poll(() => rig.eventsOf('drift').at(-1)?.message)
      .toBe(
        `ConfigMap/${ns}/config configured\ndrift corrected: ConfigMap/${ns}/config /data/v changed by by-hand`,
      );
  });

  it('takes a new credential, and goes on watching with it', async () => {
    const ns = await both();
    await rig.kustomization(ns, 'rotated', secretRef);
    await rig.untilReady(ns, 'rotated', revision);
    await secret(ns, 'remote', { value: kubeconfigOf('nobody') });
    await rig.request(ns, 'rotated');
    const refused = await rig.untilReason(ns, 'rotated', 'ReconciliationFailed');
    expect(ready(refused)?.message).toContain('User "nobody" cannot');

    await secret(ns, 'remote', { value: kubeconfigOf('deployer') });
    await rig.request(ns, 'rotated');
    await rig.untilReady(ns, 'rotated', revision);
    await sleep(1_000);
    await there.delete(config(ns));
    await expect.poll(() => dataThere(ns), { timeout: 5_000 }).toEqual({ v: '1' });
  });

  it('keeps watching when the credential changes between two reconciles that have nothing to do', async () => {
    const ns = await both();
    await rig.kustomization(ns, 'silent', { ...secretRef, interval: '1s' });
    await rig.untilReady(ns, 'silent', revision);
    rig.builds = 0;
    await secret(ns, 'remote', { value: kubeconfigOf('deployer') });
    await sleep(2_500);
    expect(rig.builds).toBe(0);
    await rig.patch(ns, 'silent', { spec: { interval: '1h' } });
    await rig.untilReady(ns, 'silent', revision);
    await sleep(500);
    await there.patch(config(ns), { type: 'merge', body: { data: { v: 'edited' } } });
    await expect.poll(() => dataThere(ns), { timeout: 5_000 }).toEqual({ v: '1' });
  });

  it('remembers the cluster over a restart', async () => {
    const ns = await both();
    await rig.kustomization(ns, 'restarted', secretRef);
    await rig.untilReady(ns, 'restarted', revision);
    await rig.stopController();
    await there.patch(config(ns), { type: 'merge', body: { data: { v: 'edited' } } });
    rig.builds = 0;
    await rig.startController();
    await expect.poll(() => dataThere(ns), { timeout: 10_000 }).toEqual({ v: '1' });
    expect(rig.builds).toBe(0);
  });

  it('applies here again when it is taken away', async () => {
    const ns = await both();
    await rig.kustomization(ns, 'moved', secretRef);
    await rig.untilReady(ns, 'moved', revision);
    expect(await dataHere(ns)).toBeUndefined();
    await rig.patch(ns, 'moved', { spec: { kubeConfig: null } });
    await rig.untilReady(ns, 'moved', revision);
    expect(await dataHere(ns)).toEqual({ v: '1' });
    expect(await dataThere(ns)).toEqual({ v: '1' });
  });

  it('acts there as the ServiceAccount', async () => {
    const ns = await both();
    await rig.kustomization(ns, 'tenant', { ...secretRef, serviceAccountName: 'tenant' });
    const refused = await rig.untilReason(ns, 'tenant', 'ReconciliationFailed');
    expect(ready(refused)?.message).toContain(`User "system:serviceaccount:${ns}:tenant" cannot`);

    const rbac = 'rbac.authorization.k8s.io';
    await there.create({
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: { namespace: ns, name: 'tenant' },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', namespace: ns, name: 'tenant' }],
    });
    await authorised();
    await rig.request(ns, 'tenant');
    await rig.untilReady(ns, 'tenant', revision);
    expect(await dataThere(ns)).toEqual({ v: '1' });
  });

  it.each<[what: string, data: Record<string, string>, ref: Record<string, string>]>([
    ['value before value.yaml', { value: 'ADMIN', 'value.yaml': 'nonsense' }, {}],
    ['value.yaml', { 'value.yaml': 'ADMIN' }, {}],
    ['the key that is named', { value: 'nonsense', mine: 'ADMIN' }, { key: 'mine' }],
  ])('reads %s', async (_, data, ref) => {
    const ns = await both();
    const filled = Object.entries(data).map(([key, value]) => [key, value === 'ADMIN' ? admin() : value]);
    await rig.client.delete({ apiVersion: 'v1', kind: 'Secret', namespace: ns, name: 'remote' });
    await secret(ns, 'remote', Object.fromEntries(filled) as Record<string, string>);
    await rig.kustomization(ns, 'keys', { kubeConfig: { secretRef: { name: 'remote', ...ref } } });
    await rig.untilReady(ns, 'keys', revision);
  });

  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: '/bin/false' };
  it.each<[what: string, data: Record<string, string>, ref: Record<string, string>, message: string]>([
    [
      'no key',
      { other: 'x' },
      {},
      `KubeConfig secret 'NS/remote' does not contain a 'value' key with a kubeconfig`,
    ],
    ['not the named key', { value: 'x' }, { key: 'mine' }, `does not contain a 'mine' key with a kubeconfig`],
    [
      'no kubeconfig',
      { value: 'a: b' },
      {},
      `KubeConfig secret 'NS/remote': kubeconfig: current-context is not set`,
    ],
    [
      'an exec plug-in',
      {
        value: JSON.stringify({
          clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
          users: [{ name: 'u', user: { exec } }],
          contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
          'current-context': 'x',
        }),
      },
      {},
      'start the agent with --insecure-kubeconfig-exec',
    ],
  ])('fails with %s and says so', async (_, data, ref, message) => {
    const ns = await both();
    await rig.client.delete({ apiVersion: 'v1', kind: 'Secret', namespace: ns, name: 'remote' });
    await secret(ns, 'remote', data);
    await rig.kustomization(ns, 'bad', { kubeConfig: { secretRef: { name: 'remote', ...ref } } });
    const object = await rig.untilReason(ns, 'bad', 'ReconciliationFailed');
    const text = ready(object)?.message ?? '';
    expect(text).toContain(message.replace('NS', ns));
    expect(object.status?.lastAttemptedRevision).toBe(revision);
    expect(rig.eventsOf('bad').at(-1)).toMatchObject({
      severity: 'error',
      message: `failed to build kube client: ${text}`,
    });
    expect(await dataHere(ns)).toBeUndefined();
  });

  it('fails when the Secret is not there', async () => {
    const ns = await both();
    await rig.kustomization(ns, 'absent', { kubeConfig: { secretRef: { name: 'none' } } });
    const object = await rig.untilReason(ns, 'absent', 'ReconciliationFailed');
    expect(ready(object)?.message).toBe(
      `unable to read KubeConfig secret '${ns}/none' error: secrets "none" not found`,
    );
  });
});

describe('deletion (flux-compat 3.9)', () => {
  async function removed(ns: string, name: string): Promise<void> {
    await rig.client.delete({
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      namespace: ns,
      name,
    });
    await expect.poll(() => rig.read(ns, name), { timeout: 10_000 }).toBeUndefined();
  }

  it('deletes there', async () => {
    const ns = await both();
    await rig.kustomization(ns, 'gone', secretRef);
    await rig.untilReady(ns, 'gone', revision);
    await removed(ns, 'gone');
    expect(await dataThere(ns)).toBeUndefined();
  });

  it('deletes nothing when the Secret is gone, and tells what stays', async () => {
    const ns = await both();
    await rig.kustomization(ns, 'orphans', secretRef);
    await rig.untilReady(ns, 'orphans', revision);
    await rig.client.delete({ apiVersion: 'v1', kind: 'Secret', namespace: ns, name: 'remote' });
    await removed(ns, 'orphans');
    expect(await dataThere(ns)).toEqual({ v: '1' });
    expect(rig.eventsOf('orphans').at(-1)).toMatchObject({
      severity: 'error',
      message: `unable to prune objects: \nConfigMap/${ns}/config`,
    });
  });
});
