import { describe, expect, it } from 'vitest';
import type { WatchEvent } from '../kube/client.js';
import { KubeApiError, KubeConnectionError } from '../kube/errors.js';
import { sleep } from './clock.js';
import { createFakeClock, type FakeClock } from './fake-clock.js';
import { createInformer, type InformerOptions } from './informer.js';
import { createLogger } from './logger.js';

// Timing only: what a real API server does to an informer is tested in test/runtime.

type Watch = (clock: FakeClock, signal: AbortSignal | undefined) => AsyncIterable<WatchEvent>;

async function setUp(watch: Watch, list: () => Promise<void> = () => Promise.resolve()) {
  const clock = createFakeClock();
  const calls: string[] = [];
  const lines: string[] = [];
  const client: InformerOptions['client'] = {
    get: () => Promise.resolve(undefined),
    async list() {
      calls.push(`list at ${clock.monotonic()}`);
      await list();
      return { resourceVersion: '5', items: [] };
    },
    watch(_type, options) {
      calls.push(`watch ${options.resourceVersion} at ${clock.monotonic()}`);
      return watch(clock, options.signal);
    },
  };
  const informer = createInformer({
    client,
    clock,
    type: { apiVersion: 'v1', kind: 'ConfigMap' },
    logger: createLogger({ now: () => clock.now(), write: (line) => lines.push(line) }),
    // The full delay, so that times are exact.
    random: () => 1,
  });
  const stop = new AbortController();
  const running = informer.run(stop.signal);
  return {
    clock,
    calls,
    lines,
    informer,
    end: async () => {
      stop.abort(new Error('test ended'));
      await clock.advance(0);
      await running;
    },
  };
}

async function* nothing(): AsyncGenerator<WatchEvent> {}

const refused = new KubeConnectionError({ server: 's', code: 'ECONNREFUSED', message: 'm' });

describe('the pace of an informer', () => {
  it('does not spin when a server ends every watch at once', async () => {
    const { clock, calls, end } = await setUp(() => nothing());
    await clock.advance(10_000);
    expect(calls).toEqual([
      'list at 0',
      ...[0, 200, 600, 1_400, 3_000, 6_200].map((at) => `watch 5 at ${at}`),
    ]);
    await end();
  });

  it('watches on at once after a watch that had nothing to say for minutes', async () => {
    async function* quiet(clock: FakeClock, signal?: AbortSignal): AsyncGenerator<WatchEvent> {
      await sleep(clock, 300_000, signal);
      yield* nothing();
    }
    const { clock, calls, end } = await setUp(quiet);
    await clock.advance(900_001);
    expect(calls).toEqual(['list at 0', ...[0, 300_000, 600_000, 900_000].map((at) => `watch 5 at ${at}`)]);
    await end();
  });

  it.each<[name: string, error: Error, second: string]>([
    [
      'a broken connection',
      new KubeConnectionError({ server: 's', code: 'ECONNRESET', message: 'm' }),
      'watch 9 at 200',
    ],
    ['a server error', new KubeApiError({ code: 500, message: 'm' }), 'watch 9 at 200'],
    ['410 Gone', new KubeApiError({ code: 410, reason: 'Expired', message: 'm' }), 'list at 200'],
    [
      'a version from the future',
      new KubeApiError({ code: 504, reason: 'Timeout', message: 'm' }),
      'list at 200',
    ],
    ['a kind that has gone', new KubeApiError({ code: 404, message: 'm' }), 'list at 200'],
  ])('goes on in the right place after %s', async (_name, error, second) => {
    async function* broken(): AsyncGenerator<WatchEvent> {
      yield { type: 'BOOKMARK', resourceVersion: '9' };
      throw error;
    }
    const { clock, calls, end } = await setUp(broken);
    await clock.advance(200);
    expect(calls.slice(0, 3)).toEqual(['list at 0', 'watch 5 at 0', second]);
    await end();
  });

  it('backs off while lists fail, at most 30 s, and tells the same trouble once', async () => {
    const { clock, calls, lines, informer, end } = await setUp(
      () => nothing(),
      () => Promise.reject(new Error('no luck')),
    );
    await clock.advance(200_000);
    const times = calls.map((call) => Number(call.split(' ').at(-1)));
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    expect(gaps.slice(0, 4)).toEqual([200, 400, 800, 1_600]);
    expect(Math.max(...gaps)).toBe(30_000);
    expect(lines).toHaveLength(1);
    expect(informer.status()).toEqual({ synced: false, objects: 0, lastError: 'no luck' });
    await end();
  });

  it('lists at once when the server is back from an outage without its history', async () => {
    let attempts = 0;
    async function* watch(): AsyncGenerator<WatchEvent> {
      attempts += 1;
      if (attempts < 6) throw refused;
      if (attempts === 6) throw new KubeApiError({ code: 410, message: 'too old resource version' });
      yield* nothing();
    }
    const { clock, calls, end } = await setUp(watch);
    await clock.advance(20_000);
    expect(calls.slice(5, 8)).toEqual(['watch 5 at 3000', 'watch 5 at 6200', 'list at 6400']);
    await end();
  });

  it.each([
    ['a kind that is not there', new KubeApiError({ code: 404, message: 'not found' })],
    ['a server that does not answer', refused],
  ])('asks for %s at least every 5 s', async (_name, error) => {
    const { clock, calls, end } = await setUp(
      () => nothing(),
      () => Promise.reject(error),
    );
    await clock.advance(100_000);
    const times = calls.map((call) => Number(call.split(' ').at(-1)));
    expect(Math.max(...times.slice(1).map((at, index) => at - (times[index] ?? 0)))).toBe(5_000);
    await end();
  });

  it('gives up waiting for the first list when its caller does', async () => {
    const { informer, end } = await setUp(
      () => nothing(),
      () => new Promise(() => undefined),
    );
    const stop = new AbortController();
    const waiting = informer.waitForSync(stop.signal);
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    void end();
  });
});
