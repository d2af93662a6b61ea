import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startControlPlane } from '../servers/control-plane.js';
import type { ControlPlane } from '../servers/control-plane.js';
import { kubeRequester } from '../servers/kube-request.js';
import { waitFor } from '../servers/wait-for.js';

const shipDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'ships.example.test' },
  spec: {
    group: 'example.test',
    scope: 'Namespaced',
    names: { plural: 'ships', kind: 'Ship' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

describe('control plane', () => {
  let cluster: ControlPlane;
  beforeAll(async () => {
    cluster = await startControlPlane({ users: [{ name: 'alice', groups: ['team-a'] }] });
  });
  afterAll(() => cluster.stop());

  const as = (token: string) => kubeRequester({ url: cluster.url, caData: cluster.caData, token });

  it('refuses a user whom RBAC grants nothing, and names the user', async () => {
    const answer = await as(cluster.tokenOf('alice')).send({ path: '/api/v1/namespaces' });
    expect(answer.status).toBe(403);
    expect(JSON.stringify(answer.body)).toContain('User \\"alice\\"');
  });

  it('gives a service account a token that the API server accepts', async () => {
    const token = await cluster.serviceAccountToken('default', 'default');
    const answer = await as(token).send({ path: '/api/v1/secrets' });
    expect(JSON.stringify(answer.body)).toContain('system:serviceaccount:default:default');
  });

  it('removes a namespace with everything in it', async () => {
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'short-lived' } };
    await cluster.kube.call({ method: 'POST', path: '/api/v1/namespaces', body });
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'inside' } };
    await cluster.kube.call({ method: 'POST', path: '/api/v1/namespaces/short-lived/configmaps', body: map });
    await cluster.kube.call({ method: 'DELETE', path: '/api/v1/namespaces/short-lived' });
    await waitFor('the namespace to be gone', async () => {
      return (await cluster.kube.send({ path: '/api/v1/namespaces/short-lived' })).status === 404;
    });
  });

  it('stores custom resources, created and applied', async () => {
    const group = '/apis/example.test/v1/namespaces/default/ships';
    await cluster.kube.call({
      method: 'POST',
      path: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
      body: shipDefinition,
    });
    const ship = (name: string) => ({
      apiVersion: 'example.test/v1',
      kind: 'Ship',
      metadata: { name },
      spec: { cargo: [{ id: 1 }] },
    });
    await waitFor(
      'the first ship to be stored',
      async () => {
        return (
          (await cluster.kube.send({ method: 'POST', path: group, body: ship('created') })).status === 201
        );
      },
      { timeoutMs: 10_000 },
    );
    const apply = { contentType: 'application/apply-patch+yaml', path: `${group}/applied?fieldManager=rig` };
    await cluster.kube.call({ method: 'PATCH', ...apply, body: ship('applied') });
    const list = await cluster.kube.call<{ items: { spec: unknown }[] }>({ path: group });
    expect(list.items.map(({ spec }) => spec)).toEqual([{ cargo: [{ id: 1 }] }, { cargo: [{ id: 1 }] }]);
  });

  it('comes back on the same port with its data after a kill', async () => {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'survivor' } };
    await cluster.kube.call({ method: 'POST', path: '/api/v1/namespaces/default/configmaps', body });
    await cluster.killApiserver();
    await expect(cluster.kube.send({ path: '/readyz' })).rejects.toThrow(/ECONNREFUSED|ECONNRESET|hang up/);
    await cluster.restartApiserver();
    const answer = await cluster.kube.send({ path: '/api/v1/namespaces/default/configmaps/survivor' });
    expect(answer.status).toBe(200);
  });
});
