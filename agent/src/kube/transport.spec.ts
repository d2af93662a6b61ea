import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../runtime/clock.js';
import { createFakeClock } from '../runtime/fake-clock.js';
import type { Cluster } from './cluster.js';
import { createKubeClient } from './create-kube-client.js';
import { fixedCredentials } from './credentials.js';
import { KubeApiError, KubeConnectionError } from './errors.js';
import { createRateLimit } from './rate-limit.js';
import { createTransport, type KubeTransport, type TransportOptions } from './transport.js';

// What a healthy API server does not do on demand is done by a small HTTP server here; everything else is tested
// against the real one in test/runtime.

type Behaviour = (request: IncomingMessage, response: ServerResponse, count: number) => void;

const open: Array<() => Promise<void>> = [];
afterEach(async () => {
  for (const stop of open.splice(0)) await stop();
});

interface SetUp {
  transport: KubeTransport;
  server: string;
  requests: IncomingMessage[];
  counted: string[];
}

async function setUp(
  behaviour: Behaviour,
  options: TransportOptions = {},
  cluster: Partial<Cluster> = {},
): Promise<SetUp> {
  const requests: IncomingMessage[] = [];
  const counted: string[] = [];
  const server: Server = createServer((request, response) => {
    requests.push(request);
    request.resume();
    behaviour(request, response, requests.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const transport = createTransport(
    {
      server: url,
      tls: {},
      credentials: fixedCredentials({ headers: { authorization: 'Bearer one' } }),
      headers: {},
      ...cluster,
    },
    { metrics: { requestDone: ({ method, code }) => counted.push(`${method} ${code}`) }, ...options },
  );
  open.push(async () => {
    await transport.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { transport, server: url, requests, counted };
}

function reply(
  response: ServerResponse,
  code: number,
  body: unknown = {},
  headers: Record<string, string> = {},
): void {
  response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

const get = { method: 'GET', path: '/x' } as const;
const patch = { method: 'PATCH', path: '/x', body: '{}' } as const;

describe('the transport', () => {
  it.each([429, 503])('comes back after the Retry-After of a %i', async (code) => {
    const { transport, counted } = await setUp((_request, response, count) =>
      count < 3 ? reply(response, code, {}, { 'retry-after': '0' }) : reply(response, 200),
    );
    expect((await transport.send(patch)).code).toBe(200);
    expect(counted).toEqual([`PATCH ${code}`, `PATCH ${code}`, 'PATCH 200']);
  });

  it('gives up on a server that throttles for ever, and passes its answer on', async () => {
    const { transport, requests } = await setUp((_request, response) =>
      reply(response, 429, {}, { 'retry-after': '0' }),
    );
    expect(await transport.send(get)).toMatchObject({ code: 429, retryAfter: '0' });
    expect(requests).toHaveLength(11);
  });

  it('leaves a 503 without Retry-After to the caller', async () => {
    const { transport, requests } = await setUp((_request, response) => reply(response, 503));
    expect((await transport.send(get)).code).toBe(503);
    expect(requests).toHaveLength(1);
  });

  it('tries once more with a new credential after 401', async () => {
    const tokens = ['old', 'new'];
    let current = tokens.shift();
    const { transport, requests } = await setUp(
      (request, response) => reply(response, request.headers.authorization === 'Bearer new' ? 200 : 401),
      {},
      {
        credentials: {
          read: () => Promise.resolve({ headers: { authorization: `Bearer ${current}` } }),
          invalidate: () => (current = tokens.shift() ?? current),
        },
      },
    );
    expect((await transport.send(get)).code).toBe(200);
    expect(requests.map((request) => request.headers.authorization)).toEqual(['Bearer old', 'Bearer new']);
  });

  it.each([
    ['a GET', get, 2],
    ['an idempotent PATCH', { ...patch, idempotent: true }, 2],
  ] as const)('asks again when the connection breaks under %s', async (_name, request, expected) => {
    const { transport, requests } = await setUp((_request, response, count) =>
      count === 1 ? response.destroy() : reply(response, 200),
    );
    expect((await transport.send(request)).code).toBe(200);
    expect(requests).toHaveLength(expected);
  });

  it('does not repeat what must not be done twice', async () => {
    const { transport, requests, counted } = await setUp((_request, response) => response.destroy());
    await expect(transport.send(patch)).rejects.toThrow(/the connection was closed/);
    expect(requests).toHaveLength(1);
    expect(counted).toEqual(['PATCH <error>']);
  });

  it('waits for an answer only as long as the deadline says', async () => {
    const { transport, server } = await setUp(() => undefined, { timeoutMs: 100 });
    await expect(transport.send(get)).rejects.toThrow(
      `cannot talk to the API server ${server}: no answer in time (DEADLINE): check the load of the API server`,
    );
  });

  it('refuses an answer that is larger than the limit', async () => {
    const { transport } = await setUp((_request, response) => reply(response, 200, 'x'.repeat(5000)), {
      maxResponseBytes: 1000,
    });
    await expect(transport.send(get)).rejects.toThrow(/larger than the limit/);
  });

  it('goes below the path of the server, and names itself', async () => {
    const { transport, requests, server } = await setUp((_request, response) => reply(response, 200));
    const below = createTransport(
      {
        server: `${server}/k8s/clusters/c-1`,
        tls: {},
        credentials: fixedCredentials({ headers: {} }),
        headers: { 'impersonate-group': ['a', 'b'] },
      },
      { userAgent: 'flotilla-agent/1.2.3' },
    );
    await below.send(get);
    await below.close();
    await transport.send(get);
    expect(requests.map(({ url }) => url)).toEqual(['/k8s/clusters/c-1/x', '/x']);
    expect(requests[0]?.headers['user-agent']).toBe('flotilla-agent/1.2.3');
    expect(requests[0]?.headersDistinct['impersonate-group']).toEqual(['a', 'b']);
    expect(requests[1]?.headers['user-agent']).toBe('flotilla-agent');
  });

  it('gives whoever is impersonated none of the groups of the kubeconfig', async () => {
    const { transport, requests } = await setUp(
      (_request, response) => reply(response, 200),
      {},
      {
        headers: { 'impersonate-user': 'admin', 'impersonate-group': ['system:masters'] },
      },
    );
    await transport.send({ ...get, headers: { 'impersonate-user': 'tenant' } });
    await transport.send(get);
    expect(
      requests.map(({ headers }) => [headers['impersonate-user'], headers['impersonate-group']]),
    ).toEqual([
      ['tenant', undefined],
      ['admin', 'system:masters'],
    ]);
  });

  it('does not wait for a credential longer than for an answer', async () => {
    const credentials = { read: () => new Promise<never>(() => undefined), invalidate: () => undefined };
    const { transport } = await setUp(
      (_request, response) => reply(response, 200),
      { timeoutMs: 50 },
      { credentials },
    );
    await expect(transport.send(get)).rejects.toMatchObject({ code: 'DEADLINE' });
  });

  it('uses few connections for many requests', async () => {
    const sockets = new Set<unknown>();
    const { transport } = await setUp((request, response) => {
      sockets.add(request.socket);
      reply(response, 200);
    });
    for (let round = 0; round < 20; round += 1) {
      await Promise.all(Array.from({ length: 4 }, () => transport.send(get)));
    }
    // A connection is free a moment after its answer was read, so that a round may find those of the last one busy.
    expect(sockets.size).toBeLessThanOrEqual(8);
  });

  it('ends a watch that has gone silent', async () => {
    const { transport } = await setUp((_request, response) => response.writeHead(200).write('{"a":1}\n'));
    const chunks: string[] = [];
    const read = async (): Promise<void> => {
      for await (const chunk of await transport.stream(get, 100)) chunks.push(Buffer.from(chunk).toString());
    };
    await expect(read()).rejects.toMatchObject({ name: 'KubeConnectionError', code: 'IDLE' });
    expect(chunks).toEqual(['{"a":1}\n']);
  });

  it('stops at once for a caller who has had enough', async () => {
    const { transport } = await setUp(() => undefined);
    const stop = new AbortController();
    const sent = transport.send({ ...get, signal: stop.signal });
    setTimeout(() => stop.abort(new Error('enough')), 20);
    await expect(sent).rejects.toThrow('enough');
  });

  it('does nothing more once it is closed', async () => {
    const { transport } = await setUp((_request, response) => reply(response, 200));
    await transport.close();
    await expect(transport.send(get)).rejects.toBeInstanceOf(KubeConnectionError);
  });
});

describe('answers that are no Status', () => {
  it.each([
    ['text of a proxy', 502, 'Bad Gateway', { code: 502, message: 'Bad Gateway' }],
    ['nothing at all', 500, '', { code: 500, message: 'the server answered 500 without a message' }],
  ])('%s becomes an error all the same', async (_name, code, body, expected) => {
    const { transport } = await setUp((_request, response) => response.writeHead(code).end(body));
    const failed = await createKubeClient(transport)
      .discovery.serverVersion()
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(KubeApiError);
    expect(failed).toMatchObject(expected);
  });
});

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

describe('the client-side limit (flux-compat 8.1)', () => {
  it('lets a burst through and then paces', async () => {
    const clock = createFakeClock();
    const limit = createRateLimit({ qps: 10, burst: 3, clock });
    const times: number[] = [];
    const all = Promise.all(
      Array.from({ length: 6 }, () => limit.take().then(() => times.push(clock.monotonic()))),
    );
    await clock.advance(1_000);
    await all;
    expect(times).toEqual([0, 0, 0, 100, 200, 300]);
  });

  it('gives the place of someone who leaves to the next', async () => {
    const clock = createFakeClock();
    const limit = createRateLimit({ qps: 1, burst: 1, clock });
    await limit.take();
    const stop = new AbortController();
    const leaving = limit.take(stop.signal);
    stop.abort(new Error('left'));
    await expect(leaving).rejects.toThrow('left');
    let done = false;
    const next = limit.take().then(() => (done = true));
    await clock.advance(1_000);
    await next;
    expect(done).toBe(true);
  });

  it.each([
    ['stays where the server has no flow control', {}, 2],
    ['is lifted where the server has its own', { 'x-kubernetes-pf-flowschema-uid': 'x' }, 21],
  ] as const)('%s', async (_name, headers, expected) => {
    const clock = createFakeClock();
    const { transport, requests } = await setUp((_request, response) => reply(response, 200, {}, headers), {
      qps: 1,
      burst: 2,
      clock,
    });
    await transport.send(get);
    const rest = Promise.all(Array.from({ length: 20 }, () => transport.send(get)));
    const before = await Promise.race([rest, new Promise((resolve) => setTimeout(resolve, 300))]);
    expect([requests.length, before === undefined]).toEqual([expected, expected < 21]);
    await clock.advance(60_000);
    await rest;
  });

  it('is off with 0', async () => {
    const limit = createRateLimit({ qps: 0, burst: 0, clock: systemClock });
    await Promise.all(Array.from({ length: 1_000 }, () => limit.take()));
  });
});
