import { expect, it } from 'vitest';
import { sharedControlPlane, sharedPostgres } from '../servers/shared/shared-servers.js';
import { waitFor } from '../servers/wait-for.js';

it('gives every caller the same control plane, namespaces of its own, and Pods that become ready', async () => {
  const [one, other] = await Promise.all([sharedControlPlane(), sharedControlPlane()]);
  expect(other.url).toBe(one.url);
  const namespace = await one.createNamespace();
  expect(await other.createNamespace()).not.toBe(namespace);
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  const spec = { containers: [{ name: 'main', image: 'example.test/app:1' }] };
  const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec };
  // Pods are refused until the ServiceAccount of the new namespace is there, and has its token.
  await waitFor('the Pod to be admitted', () => other.kube.call({ method: 'POST', path: pods, body }));
  await waitFor('the Pod to run', async () => {
    return (
      (await one.kube.call<{ status: { phase: string } }>({ path: `${pods}/web` })).status.phase === 'Running'
    );
  });
});

it('gives every caller the same PostgreSQL and databases of its own', async () => {
  const [one, other] = await Promise.all([sharedPostgres(), sharedPostgres()]);
  expect(other.url).toBe(one.url);
  expect(await one.createDatabase()).not.toBe(await other.createDatabase());
});
