import { afterEach, describe, expect, it } from 'vitest';
import { createKubeClient } from './create-kube-client.js';
import { fixedCredentials } from './credentials.js';
import { KubeApiError, KubeConnectionError } from './errors.js';
import { createTransport } from './transport.js';
import { reply, startScriptedServer as setUp, stopScriptedServers } from './scripted-server.js';

afterEach(stopScriptedServers);

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
