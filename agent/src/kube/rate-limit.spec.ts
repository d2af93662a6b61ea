import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../runtime/clock.js';
import { createFakeClock } from '../runtime/fake-clock.js';
import { createRateLimit } from './rate-limit.js';
import { reply, startScriptedServer as setUp, stopScriptedServers } from './scripted-server.js';

afterEach(stopScriptedServers);

const get = { method: 'GET', path: '/x' } as const;

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
