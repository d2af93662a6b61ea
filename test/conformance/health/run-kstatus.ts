// One Kustomization for each row: it applies nothing and waits for the row's object, whose status the row writes.
import type { KubeObject, ObjectRef } from '@flotilla/common/kube/object';
import { expect } from 'vitest';
import type { ConformanceRig } from '../rig/conformance-agent.js';
import { applyAs, deleteObject, isClusterScoped, mergeAs, pathOf } from '../rig/objects.js';
import { conditionOf, World } from '../rig/world.js';
import { waitFor } from '../../servers/wait-for.js';
import type { KstatusRow } from './kstatus.rows.js';

export async function runKstatus(rig: ConformanceRig, row: KstatusRow): Promise<void> {
  const world = await World.create(rig, {});
  const target = await makeTarget(world, row);
  await world.writeFiles({ 'empty/none.txt': '' });
  await world.applySource();
  await world.settled(world.source);
  const { apiVersion, kind, name } = target;
  const namespace = isClusterScoped(kind) ? {} : { namespace: world.namespace };
  await world.applyKustomization('apps', {
    path: './empty',
    timeout: '30s',
    healthChecks: [{ apiVersion, kind, name, ...namespace }],
  });
  const settled = await waitFor(
    'the health check',
    async () => {
      const found = await world.read(world.subject);
      const status = conditionOf(found, 'Healthy')?.status ?? 'Unknown';
      return status !== 'Unknown' && found;
    },
    { timeoutMs: 90_000, intervalMs: 250 },
  );
  const healthy = conditionOf(settled, 'Healthy');
  const where = isClusterScoped(kind) ? name : `${world.namespace}/${name}`;
  const { health = 'Current' } = row;
  if (health === 'Current') {
    expect(healthy).toMatchObject({ status: 'True', reason: 'Succeeded' });
    return;
  }
  const status = row.terminating ? 'Terminating' : health;
  const wanted =
    health === 'Failed'
      ? `failed early due to stalled resources: [${kind}/${where} status: 'Failed'`
      : `timeout waiting for: [${kind}/${where} status: '${status}'`;
  expect(healthy).toMatchObject({ status: 'False', reason: 'HealthCheckFailed' });
  expect(healthy?.message).toContain('health check failed after ');
  expect(healthy?.message).toContain(wanted);
  expect(conditionOf(settled, 'Ready')).toMatchObject({ status: 'False', reason: 'HealthCheckFailed' });
}

async function makeTarget(world: World, row: KstatusRow): Promise<ObjectRef> {
  const { apiVersion, kind } = row.object;
  const name = isClusterScoped(kind) ? `target-${world.namespace}` : 'target';
  const ref = { apiVersion, kind, name, namespace: world.namespace };
  if (row.missing) return ref;
  const metadata = {
    name,
    ...(isClusterScoped(kind) ? {} : { namespace: world.namespace }),
    ...(row.terminating ? { finalizers: ['example.com/hold'] } : {}),
  };
  const made = await world.kube.call<KubeObject>({
    method: 'POST',
    path: pathOf({ ...ref, name: '' }).replace(/\/$/, ''),
    body: { ...row.object, metadata },
  });
  const observed = row.unobserved ? {} : { observedGeneration: made.metadata.generation };
  const status = { ...observed, ...row.status };
  if (Object.keys(status).length > 0) await mergeAs(world.kube, 'person', ref, { status }, 'status');
  if (row.terminating) await deleteObject(world.kube, ref);
  return ref;
}

/** The kind of the rows about any object. */
export async function installWidgets(rig: ConformanceRig): Promise<void> {
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const names = { kind: 'Widget', plural: 'widgets', singular: 'widget', listKind: 'WidgetList' };
  const version = { name: 'v1', served: true, storage: true, subresources: { status: {} } };
  await applyAs(rig.cluster.kube, 'person', {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.health.example.com' },
    spec: {
      group: 'health.example.com',
      scope: 'Namespaced',
      names,
      versions: [{ ...version, schema: { openAPIV3Schema: open } }],
    },
  });
  const path = pathOf({
    apiVersion: 'health.example.com/v1',
    kind: 'Widget',
    namespace: 'default',
    name: '',
  });
  await waitFor('the kind Widget', async () => {
    return (await rig.cluster.kube.send({ path: path.replace(/\/$/, '') })).status === 200;
  });
}
