import { afterEach, describe, expect, it } from 'vitest';
import { createFakeClock } from '../runtime/fake-clock.js';
import { createKubeClient } from './create-kube-client.js';
import { reply, startScriptedServer as setUp, stopScriptedServers } from './scripted-server.js';

afterEach(stopScriptedServers);

describe('aggregated discovery', () => {
  const aggregated = (groups: unknown[], version: string): [unknown, Record<string, string>] => [
    { kind: 'APIGroupDiscoveryList', items: groups },
    { 'content-type': `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList` },
  ];
  const deployments = {
    resource: 'deployments',
    responseKind: { group: 'apps', version: 'v1', kind: 'Deployment' },
    scope: 'Namespaced',
    verbs: ['get', 'patch'],
    subresources: [{ subresource: 'status', responseKind: { kind: 'Deployment' } }],
  };

  it.each(['v2', 'v2beta1'])('learns all kinds in two requests (%s)', async (version) => {
    const { transport, requests } = await setUp((request, response) => {
      const groups =
        request.url === '/apis'
          ? [
              {
                metadata: { name: 'apps' },
                versions: [{ version: 'v1', resources: [deployments], freshness: 'Current' }],
              },
            ]
          : [];
      reply(response, 200, ...aggregated(groups, version));
    });
    const { discovery } = createKubeClient(transport);
    const type = { apiVersion: 'apps/v1', kind: 'Deployment' };
    const found = await Promise.all([discovery.resource(type), discovery.resource(type)]);
    expect(found[0]).toEqual({
      ...type,
      resource: 'deployments',
      namespaced: true,
      verbs: ['get', 'patch'],
      subresources: ['status'],
    });
    expect(requests.map(({ url }) => url)).toEqual(['/apis', '/api']);
  });

  it('asks a stale group itself, so that its error is told', async () => {
    const { transport } = await setUp((request, response) => {
      if (request.url === '/apis/metrics.k8s.io/v1')
        reply(response, 503, { kind: 'Status', message: 'service unavailable' });
      else
        reply(
          response,
          200,
          ...aggregated(
            [{ metadata: { name: 'metrics.k8s.io' }, versions: [{ version: 'v1', freshness: 'Stale' }] }],
            'v2',
          ),
        );
    });
    const lookup = createKubeClient(transport).discovery.resource({
      apiVersion: 'metrics.k8s.io/v1',
      kind: 'NodeMetrics',
    });
    await expect(lookup).rejects.toThrow('service unavailable');
  });

  it('asks for a kind that is missing at most once a second, and at once when told that kinds have changed', async () => {
    const clock = createFakeClock();
    const { transport, requests } = await setUp((request, response) =>
      request.url === '/apis/a.test/v1'
        ? reply(response, 404)
        : reply(response, 200, ...aggregated([], 'v2')),
    );
    const { discovery } = createKubeClient(transport, { clock });
    const miss = () =>
      discovery.resource({ apiVersion: 'a.test/v1', kind: 'A' }).catch((error: Error) => error.name);
    for (let n = 0; n < 10; n += 1) expect(await miss()).toBe('NoKindMatchError');
    const asked = () => requests.filter(({ url }) => url === '/apis/a.test/v1').length;
    expect(asked()).toBe(1);
    await clock.advance(1_000);
    await miss();
    expect(asked()).toBe(2);
    discovery.invalidate();
    await miss();
    expect(asked()).toBe(3);
  });
});
