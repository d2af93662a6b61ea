import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { condition, configMap, deployment, KustomizationRig, ready } from './kustomization-rig.js';

let rig: KustomizationRig;
beforeAll(async () => {
  rig = await KustomizationRig.start();
  await rig.startController();
});
afterAll(async () => rig?.stop());

const labels = (namespace: string, name: string) => ({
  'kustomize.toolkit.fluxcd.io/name': name,
  'kustomize.toolkit.fluxcd.io/namespace': namespace,
});

describe('a Kustomization', () => {
  it('applies, updates, prunes and goes, with status, inventory, history and events of the contract', async () => {
    const ns = await rig.namespace();
    await rig.publish(ns, 'fleet', 'main@sha1:1', {
      'apps/a.yaml': configMap(ns, 'a', { v: '1' }),
      'apps/b.yaml': configMap(ns, 'b'),
    });
    await rig.kustomization(ns, 'life', { path: './apps', commonMetadata: { labels: { team: 'x' } } });

    const first = await rig.untilReady(ns, 'life', 'main@sha1:1');
    expect(first.metadata.finalizers).toEqual(['finalizers.fluxcd.io']);
    expect(ready(first)).toMatchObject({
      reason: 'ReconciliationSucceeded',
      message: 'Applied revision: main@sha1:1',
    });
    expect(first.status?.conditions?.map(({ type }) => type)).toEqual(['Ready']);
    expect(first.status?.lastAttemptedRevision).toBe('main@sha1:1');
    expect(first.status?.inventory?.entries).toEqual([
      { id: `${ns}_a__ConfigMap`, v: 'v1' },
      { id: `${ns}_b__ConfigMap`, v: 'v1' },
    ]);
    expect(first.status?.history).toMatchObject([
      {
        lastReconciledStatus: 'ReconciliationSucceeded',
        totalReconciliations: 1,
        metadata: { revision: 'main@sha1:1' },
      },
    ]);
    const a = await rig.get('v1', 'ConfigMap', ns, 'a');
    expect(a?.metadata.labels).toEqual({ ...labels(ns, 'life'), team: 'x' });
    expect(a?.metadata.managedFields?.map(({ manager, operation }) => [manager, operation])).toEqual([
      ['kustomize-controller', 'Apply'],
    ]);

    await rig.publish(ns, 'fleet', 'main@sha1:2', { 'apps/a.yaml': configMap(ns, 'a', { v: '2' }) });
    const second = await rig.untilReady(ns, 'life', 'main@sha1:2');
    expect(second.status?.inventory?.entries).toEqual([{ id: `${ns}_a__ConfigMap`, v: 'v1' }]);
    expect(await rig.get('v1', 'ConfigMap', ns, 'b')).toBeUndefined();
    expect(second.status?.history).toHaveLength(2);

    await rig.client.delete({ ...second, apiVersion: second.apiVersion, namespace: ns, name: 'life' });
    await expect.poll(() => rig.read(ns, 'life'), { timeout: 20_000 }).toBeUndefined();
    expect(await rig.get('v1', 'ConfigMap', ns, 'a')).toBeUndefined();

    const told = rig.eventsOf('life').map(({ severity, reason, message }) => [severity, reason, message]);
    const finished = expect.stringMatching(/^Reconciliation finished in .+, next run in 1h0m0s$/) as string;
    expect(told).toEqual([
      ['info', 'Progressing', `ConfigMap/${ns}/a created\nConfigMap/${ns}/b created`],
      ['info', 'ReconciliationSucceeded', finished],
      ['info', 'Progressing', `ConfigMap/${ns}/a configured`],
      ['info', 'Progressing', `ConfigMap/${ns}/b deleted`],
      ['info', 'ReconciliationSucceeded', finished],
      ['info', 'ReconciliationSucceeded', `ConfigMap/${ns}/a deleted`],
    ]);
    expect(rig.eventsOf('life')[0]?.metadata).toEqual({ revision: 'main@sha1:1' });
    expect(rig.eventsOf('life')[1]?.metadata).toEqual({ revision: 'main@sha1:1', commit_status: 'update' });
  });

  it('acknowledges a request, also when suspended, and does nothing else then', async () => {
    const ns = await rig.namespace();
    await rig.publish(ns, 'fleet', 'main@sha1:1', { 'a.yaml': configMap(ns, 'a') });
    await rig.kustomization(ns, 'suspended', { suspend: true });

    await rig.request(ns, 'suspended');

    const object = await rig.read(ns, 'suspended');
    expect(object?.status?.conditions).toBeUndefined();
    expect(await rig.get('v1', 'ConfigMap', ns, 'a')).toBeUndefined();
  });

  it('waits for the health of what it applied, and says so', async () => {
    const ns = await rig.namespace();
    await rig.publish(ns, 'fleet', 'main@sha1:1', { 'a.yaml': deployment(ns, 'web', 'app:slow-2') });
    await rig.kustomization(ns, 'waits', { wait: true, timeout: '1m' });

    const during = await rig.until(
      ns,
      'waits',
      (object) => condition(object, 'Healthy')?.status === 'Unknown',
    );
    const message = 'Running health checks for revision main@sha1:1 with a timeout of 1m0s';
    expect(condition(during, 'Healthy')).toMatchObject({ reason: 'Progressing', message });
    expect(condition(during, 'Reconciling')).toMatchObject({ reason: 'Progressing', message });
    expect(ready(during)).toMatchObject({ status: 'Unknown', message: 'Reconciliation in progress' });

    const after = await rig.untilReady(ns, 'waits', 'main@sha1:1');
    expect(condition(after, 'Healthy')).toMatchObject({ status: 'True', reason: 'Succeeded' });
    expect(condition(after, 'Healthy')?.message).toMatch(/^Health check passed in .+s$/);
    expect(rig.eventsOf('waits').some(({ message: text }) => text.startsWith('Health check passed in'))).toBe(
      true,
    );
  });

  it('fails early on an object that cannot become healthy', async () => {
    const ns = await rig.namespace();
    await rig.publish(ns, 'fleet', 'main@sha1:1', {
      'a.yaml': JSON.stringify({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { namespace: ns, name: 'crash' },
        spec: { containers: [{ name: 'a', image: 'app:fail' }] },
      }),
    });
    await rig.kustomization(ns, 'unhealthy', {
      healthChecks: [{ apiVersion: 'v1', kind: 'Pod', name: 'crash', namespace: ns }],
    });

    const object = await rig.untilReason(ns, 'unhealthy', 'HealthCheckFailed');
    const text =
      /^health check failed after .+: failed early due to stalled resources: \[Pod\/.+\/crash status: 'Failed'/;
    expect(ready(object)?.message).toMatch(text);
    expect(condition(object, 'Healthy')).toMatchObject({ status: 'False', reason: 'HealthCheckFailed' });
    expect(condition(object, 'Reconciling')).toMatchObject({
      status: 'True',
      reason: 'ProgressingWithRetry',
    });
    expect(object.status?.observedGeneration).not.toBe(object.metadata.generation);
    expect(object.status?.inventory?.entries).toHaveLength(1);
    expect(object.status?.history).toMatchObject([{ lastReconciledStatus: 'HealthCheckFailed' }]);
  });

  it('names what is not healthy when the timeout, of at least 30 s, is over', async () => {
    const ns = await rig.namespace();
    await rig.publish(ns, 'fleet', 'main@sha1:1', { 'a.yaml': deployment(ns, 'web', 'app:fail') });
    await rig.kustomization(ns, 'late', { wait: true, timeout: '1s' });

    const object = await rig.untilReason(ns, 'late', 'HealthCheckFailed', 45_000);
    expect(ready(object)?.message).toMatch(
      new RegExp(
        `^health check failed after 3\\d\\..+s: timeout waiting for: \\[Deployment/${ns}/web status: 'InProgress'\\]$`,
      ),
    );
  });

  it('substitutes variables of ConfigMaps and Secrets, inline values win', async () => {
    const ns = await rig.namespace();
    await rig.client.create(JSON.parse(configMap(ns, 'vars', { a: 'map', b: 'map', c: 'map' })));
    await rig.client.create({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace: ns, name: 'vars' },
      stringData: { b: 'sec\nret', c: 'secret' },
    });
    const annotations = { 'kustomize.toolkit.fluxcd.io/substitute': 'disabled' };
    const untouched = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: ns, name: 'b', annotations },
      data: { value: '${untouched}' },
    };
    await rig.publish(ns, 'fleet', 'main@sha1:1', {
      'a.yaml': configMap(ns, 'a', { value: '${a} ${b} ${c} ${d:=default} $${kept}' }),
      'b.yaml': JSON.stringify(untouched),
    });
    await rig.kustomization(ns, 'vars', {
      postBuild: {
        substitute: { c: 'inline' },
        substituteFrom: [
          { kind: 'ConfigMap', name: 'vars' },
          { kind: 'Secret', name: 'vars' },
          { kind: 'Secret', name: 'gone', optional: true },
        ],
      },
    });

    await rig.untilReady(ns, 'vars', 'main@sha1:1');
    expect((await rig.get('v1', 'ConfigMap', ns, 'a'))?.['data']).toEqual({
      value: 'map secret inline default ${kept}',
    });
    expect((await rig.get('v1', 'ConfigMap', ns, 'b'))?.['data']).toEqual({ value: '${untouched}' });
  });
});
