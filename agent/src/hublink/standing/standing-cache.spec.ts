import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createKubeClient } from '../../kube/create-kube-client.js';
import { reply, startScriptedServer, stopScriptedServers } from '../../kube/scripted-server.js';
import { systemClock } from '../../runtime/clock.js';
import { createLogger } from '../../runtime/logger.js';
import { StandingCache, versionOf } from './standing-cache.js';
import { emptySet } from './standing-set.js';
import { storeSet } from './stored-set.js';

const source = { kind: 'GitRepository', namespace: 'a', name: 'b' };
const resources = {
  kind: 'APIResourceList',
  groupVersion: 'v1',
  resources: [{ name: 'configmaps', kind: 'ConfigMap', namespaced: true, verbs: ['list', 'watch'] }],
};
const pin = { id: 'p', source, revision: 'main@sha1:1', reason: '', requestedBy: '', breakGlass: false };
const stored = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'flux-system', name: 'standing', uid: 'u', resourceVersion: '5' },
  ...storeSet({ ...emptySet, version: 3n, pins: [pin] }),
};

const patience = { timeout: 20_000 };
let running = new AbortController();
afterEach(async () => {
  running.abort();
  running = new AbortController();
  await stopScriptedServers();
});

/** A cache of a server that answers lists like this; its watches say nothing. */
async function cacheOf(list: (response: ServerResponse, count: number) => void) {
  let lists = 0;
  const watches: ServerResponse[] = [];
  const { transport } = await startScriptedServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/api/v1') return reply(response, 200, resources);
    if (pathname.startsWith('/api') && !pathname.endsWith('/configmaps')) return reply(response, 404);
    if (searchParams.has('watch')) {
      watches.push(response.writeHead(200, { 'content-type': 'application/json' }));
      return response.flushHeaders();
    }
    lists += 1;
    return list(response, lists);
  });
  const log: string[] = [];
  const cache = new StandingCache({
    client: createKubeClient(transport),
    clock: systemClock,
    logger: createLogger({ level: 'info', write: (line) => log.push(line), now: () => 0 }),
    namespace: 'flux-system',
    name: 'standing',
    verbs: ['pin', 'freeze'],
  });
  void cache.run(running.signal);
  /** The watch tells of a change, once there is one. */
  const tell = async (object: object) => {
    await vi.waitFor(() => expect(watches.length).toBeGreaterThan(0), patience);
    watches.at(-1)?.write(`${JSON.stringify({ type: 'MODIFIED', object })}\n`);
  };
  return { cache, log, tell };
}

const items = (...of: unknown[]) => ({
  kind: 'ConfigMapList',
  apiVersion: 'v1',
  metadata: { resourceVersion: '9' },
  items: of,
});

describe('what stands', () => {
  it('is not known before it was read', () => {
    const { client, clock, logger } = {} as never as ConstructorParameters<typeof StandingCache>[0];
    const cache = new StandingCache({ client, clock, logger, namespace: 'a', name: 'b', verbs: [] });
    expect(cache.of(source).unreadable).toBe('they have not been read yet');
  });

  it('is nothing where nothing is kept', async () => {
    const { cache } = await cacheOf((response) => reply(response, 200, items()));
    await cache.waitUntilRead(running.signal);
    expect(cache.of(source)).toEqual({ pin: undefined, freezes: [], vetoes: [] });
  });

  it('is what is kept', async () => {
    const { cache } = await cacheOf((response) => reply(response, 200, items(stored)));
    await cache.waitUntilRead(running.signal);
    expect(cache.of(source).pin).toMatchObject({ id: 'p', revision: 'main@sha1:1' });
    expect(cache.of({ ...source, name: 'c' }).pin).toBeUndefined();
  });

  it('is waited for while the server does not answer well', async () => {
    const { cache } = await cacheOf((response, count) =>
      count < 3 ? reply(response, 500, { message: 'etcd is away' }) : reply(response, 200, items(stored)),
    );
    await cache.waitUntilRead(running.signal);
    expect(cache.of(source).pin).toBeDefined();
  });

  it('cannot be known where reading is forbidden, which does not stop the agent; once it may be read, it counts', async () => {
    let isAllowed = false;
    const { cache, log } = await cacheOf((response) =>
      isAllowed
        ? reply(response, 200, items(stored))
        : reply(response, 403, { kind: 'Status', code: 403, message: 'configmaps is forbidden' }),
    );
    await cache.waitUntilRead(running.signal);
    expect(cache.of(source).unreadable).toBe('ConfigMap flux-system/standing: configmaps is forbidden');
    expect(log.join('')).toContain('the standing intents cannot be read');
    const changed = new Promise<boolean>((resolve) => {
      cache.subscribe((change) => resolve(change.concerns({ ...source, name: 'any' }, 'https://x')));
    });
    isAllowed = true;
    expect(await changed, 'every source looks again').toBe(true);
    expect(cache.of(source).pin).toBeDefined();
  });

  describe('that somebody changes by hand', () => {
    const other = { ...pin, revision: 'main@sha1:2' };
    const at = (resourceVersion: string, set: object) => ({
      ...stored,
      ...storeSet({ ...emptySet, version: 3n, pins: [pin], ...set }),
      metadata: { ...stored.metadata, resourceVersion },
    });

    it.each<[string, object, bigint, string]>([
      ['stands as it was: another content', { pins: [other] }, 0n, 'main@sha1:1'],
      ['stands as it was: an older version', { version: 2n, pins: [other] }, 0n, 'main@sha1:1'],
      ['stands as it was: nothing at all under its version', { pins: [] }, 0n, 'main@sha1:1'],
      [
        'is another one of the hub when its version is higher',
        { version: 4n, pins: [other] },
        4n,
        'main@sha1:2',
      ],
      ['is another one when it is of another cluster', { cluster: 'c2', pins: [other] }, 3n, 'main@sha1:2'],
    ])('%s', async (_sentence, set, version, revision) => {
      const { cache, tell } = await cacheOf((response) => reply(response, 200, items(stored)));
      await cache.waitUntilRead(running.signal);
      let lost = 0;
      cache.onLost(() => (lost += 1));
      await tell(at('6', set));
      await vi.waitFor(
        () =>
          expect([versionOf(cache.kept), lost, cache.of(source).pin?.revision]).toEqual([
            version,
            version === 0n ? 1 : 0,
            revision,
          ]),
        patience,
      );
    });

    it('counts again when the hub has sent it again, also when that is what it was changed to', async () => {
      const { cache, tell } = await cacheOf((response) => reply(response, 200, items(stored)));
      await cache.waitUntilRead(running.signal);
      const changed = at('6', { pins: [other] });
      await tell(changed);
      await vi.waitFor(() => expect(versionOf(cache.kept)).toBe(0n), patience);
      cache.observe(changed);
      expect([versionOf(cache.kept), cache.of(source).pin?.revision]).toEqual([3n, 'main@sha1:2']);
    });
  });

  it('is told as lost when it is wiped or corrupt, and not when an older copy comes late', async () => {
    const { cache } = await cacheOf((response) => reply(response, 200, items(stored)));
    await cache.waitUntilRead(running.signal);
    let lost = 0;
    cache.onLost(() => (lost += 1));
    const at = (resourceVersion: string, data: Record<string, string>) => ({
      ...stored,
      binaryData: {},
      data,
      metadata: { ...stored.metadata, resourceVersion },
    });
    cache.observe(at('4', {}));
    expect([lost, cache.of(source).pin?.id]).toEqual([0, 'p']);
    cache.observe(at('6', {}));
    expect([lost, cache.of(source).pin?.id]).toEqual([1, undefined]);
    cache.observe({ ...stored, metadata: { ...stored.metadata, resourceVersion: '7' } });
    cache.observe(at('8', { 'standing.json': 'x' }));
    expect([lost, cache.of(source).unreadable !== undefined]).toEqual([2, true]);
  });
});
