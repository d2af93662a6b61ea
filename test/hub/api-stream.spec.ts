import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ClustersService } from '@flotilla/hub/clusters/clusters.service';
import { ChangeFeed } from '@flotilla/hub/platform/changes/change-feed';
import type { Change } from '@flotilla/hub/platform/changes/change';
import { startPostgres } from '../servers/postgres.js';
import type { Postgres } from '../servers/postgres.js';
import { waitFor } from '../servers/wait-for.js';
import type { ApiHub } from './api-hub.js';
import { startApiHub } from './api-hub.js';
import { confirm, gitRepository, kustomization, revisionOf, seedCluster, seedObjects } from './api-seed.js';
import { environment, pipeline } from './documents.js';

let postgres: Postgres;
let api: ApiHub;

beforeAll(async () => {
  postgres = await startPostgres();
  api = await startApiHub(postgres);
});
afterAll(async () => {
  await api?.stop();
  await postgres?.stop();
});
beforeEach(async () => {
  await api.database.query('DELETE FROM clusters');
});

interface Received {
  readonly id: string;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

interface Listener {
  readonly received: Received[];
  readonly status: number;
  readonly type: string | null;
  lastId(): string;
  next(event: string, where?: (data: Record<string, unknown>) => boolean): Promise<Received>;
  close(): void;
}

/** Reads the stream over a real socket. */
async function listen(query = '', headers: Record<string, string> = {}): Promise<Listener> {
  const abort = new AbortController();
  const response = await fetch(`${api.hub.httpUrl}/api/v1/stream${query}`, {
    headers: { authorization: `Bearer ${api.adminToken}`, ...headers },
    signal: abort.signal,
  });
  const received: Received[] = [];
  let last = '';
  void (async () => {
    let text = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const fields = Object.fromEntries(
          text
            .slice(0, end)
            .split('\n')
            .map((line) => [line.split(': ', 1)[0]!, line.slice(line.indexOf(': ') + 2)]),
        );
        text = text.slice(end + 2);
        last = fields['id'] ?? last;
        if (fields['event'])
          received.push({ id: last, event: fields['event'], data: JSON.parse(fields['data']!) });
      }
    }
  })().catch(() => undefined);
  const listener: Listener = {
    received,
    status: response.status,
    type: response.headers.get('content-type'),
    lastId: () => last,
    async next(event, where = () => true) {
      const find = () => received.find((one) => one.event === event && where(one.data));
      return waitFor(`event ${event}`, find, { timeoutMs: 10_000 });
    },
    close: () => abort.abort(),
  };
  await waitFor('the first id', () => last !== '', { timeoutMs: 10_000 });
  return listener;
}

async function publish(changes: readonly Change[]): Promise<void> {
  await api.database.transaction((manager) => api.hub.app.get(ChangeFeed).publish(manager, changes));
}

const key = 'kustomize.toolkit.fluxcd.io/v1|Kustomization|flux-system|apps';

describe('the stream', () => {
  it('tells of an object and of its cluster in the form of the lists', async () => {
    const clusterId = await seedCluster(api, { name: 'prod' });
    const stream = await listen();
    expect([stream.status, stream.type]).toEqual([200, 'text/event-stream; charset=utf-8']);
    await seedObjects(api, clusterId, [kustomization('apps', 'aaaaaaa')]);
    await publish([{ topic: 'object', clusterId, key, deleted: false }]);
    const [listed] = (await api.ask('GET', '/api/v1/objects')).json().items;
    expect((await stream.next('object')).data).toEqual(listed);
    expect((await stream.next('cluster')).data).toEqual(
      (await api.ask('GET', '/api/v1/clusters/prod')).json(),
    );
    stream.close();
  });

  it('answers HEAD with its headers alone', async () => {
    const response = await fetch(`${api.hub.httpUrl}/api/v1/stream`, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${api.adminToken}` },
    });
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
    ]);
  });

  it('tells of what is gone', async () => {
    const clusterId = await seedCluster(api, { name: 'prod' });
    const stream = await listen();
    await publish([{ topic: 'object', clusterId, key, deleted: true }]);
    const object = {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      namespace: 'flux-system',
      name: 'apps',
    };
    expect((await stream.next('deleted')).data).toEqual({ kind: 'object', cluster: 'prod', object });
    await api.database.transaction((manager) =>
      api.hub.app.get(ClustersService, { strict: false }).remove(manager, 'prod'),
    );
    await stream.next('deleted', (data) => data['kind'] === 'cluster' && data['name'] === 'prod');
    stream.close();
  });

  it('tells that a cluster turned stale, though nobody wrote anything, and that it is back', async () => {
    const clusterId = await seedCluster(api, { name: 'edge', objects: [kustomization('apps', 'aaaaaaa')] });
    const stream = await listen('?topics=clusters');
    // The first look at the fleet only notes how it is.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    api.clock.advance(20_000);
    await stream.next('cluster', ({ freshness, ready }) => freshness === 'Stale' && ready === false);
    await confirm(api, clusterId);
    await stream.next('cluster', ({ freshness, ready }) => freshness === 'Live' && ready === true);
    stream.close();
  });

  it('tells of intents', async () => {
    await seedCluster(api, { name: 'prod', objects: [kustomization('apps', 'aaaaaaa')] });
    const stream = await listen('?topics=intents');
    const object = { kind: 'Kustomization', namespace: 'flux-system', name: 'apps' };
    await api.ask('POST', '/api/v1/intents', { body: { action: 'reconcile', clusters: ['prod'], object } });
    expect((await stream.next('intent')).data).toMatchObject({
      cluster: 'prod',
      action: 'reconcile',
      state: 'Pending',
    });
    stream.close();
  });

  it('tells of promotions on their way, and of vetoes, in the form of the lists', async () => {
    await seedCluster(api, {
      name: 'prod-1',
      labels: { env: 'prod' },
      objects: [gitRepository('aaaaaaa'), kustomization('apps', 'aaaaaaa')],
    });
    const stream = await listen('?topics=promotions,vetoes');
    const gates = { before: [{ type: 'approval' }] };
    const shop = pipeline('shop', [{ name: 'prod', gates }], { releases: { automatic: false } });
    await api.ask('PUT', '/api/v1/apply', { body: { documents: [environment('prod'), shop] } });
    const items = [{ revision: revisionOf('bbbbbbb') }];
    await api.ask('POST', '/api/v1/releases', { body: { pipeline: 'shop', items } });
    const { data } = await stream.next('promotion', ({ state }) => state === 'Gating');
    expect(data).toEqual((await api.ask('GET', `/api/v1/promotions/${String(data['id'])}`)).json());
    await api.ask('POST', '/api/v1/vetoes', {
      body: { pipeline: 'shop', release: 'shop-1', reason: 'burns' },
    });
    const { data: veto } = await stream.next('veto');
    expect(veto).toMatchObject({ state: 'InForce', reason: 'burns' });
    // A promotion that waits hears of a veto before the next sweep, which is 10 s away.
    const failed = await stream.next('promotion', ({ state }) => state === 'Failed');
    expect(failed.data['reason']).toContain('shop-1 is vetoed');
    const lifted = { body: { reason: 'it was the cable' } };
    await api.ask('POST', `/api/v1/vetoes/${String(veto['id'])}/lift`, lifted);
    await stream.next('veto', ({ state }) => state === 'Lifted');
    expect(new Set(stream.received.map(({ event }) => event))).toEqual(new Set(['promotion', 'veto']));
    stream.close();
  });

  it('sends only the topics that are asked for', async () => {
    const clusterId = await seedCluster(api, { name: 'prod', objects: [kustomization('apps', 'aaaaaaa')] });
    const stream = await listen('?topics=clusters');
    await publish([{ topic: 'object', clusterId, key, deleted: false }]);
    await stream.next('cluster');
    expect(stream.received.map(({ event }) => event)).not.toContain('object');
    stream.close();
  });

  it('sends what changed many times once, as it is at last', async () => {
    const clusterId = await seedCluster(api, { name: 'prod' });
    const stream = await listen('?topics=objects');
    for (let n = 0; n < 50; n += 1) {
      await seedObjects(api, clusterId, [kustomization('apps', `aaaaaa${n}`)]);
      await publish([{ topic: 'object', clusterId, key, deleted: false }]);
    }
    await stream.next('object', ({ revision }) => revision === revisionOf('aaaaaa49'));
    expect(stream.received.length).toBeLessThan(25);
    stream.close();
  });

  it('goes on after the last event that a reader has seen', async () => {
    const clusterId = await seedCluster(api, { name: 'prod', objects: [kustomization('apps', 'aaaaaaa')] });
    const first = await listen('?topics=objects');
    const id = first.lastId();
    first.close();
    await publish([{ topic: 'object', clusterId, key, deleted: false }]);
    const witness = await listen('?topics=objects');
    await publish([{ topic: 'object', clusterId, key, deleted: false }]);
    await witness.next('object');
    const second = await listen('?topics=objects', { 'last-event-id': id });
    await second.next('object');
    expect(second.received.map(({ event }) => event)).not.toContain('reset');
    witness.close();
    second.close();
  });

  it('begins with a reset when it cannot go on', async () => {
    const stream = await listen('', { 'last-event-id': 'anotherlife-7' });
    await stream.next('reset');
    stream.close();
  });

  it('asks to read a cluster again in which very much has changed', async () => {
    const clusterId = await seedCluster(api, { name: 'prod' });
    const stream = await listen();
    await publish([{ topic: 'object', clusterId, key: null, deleted: false }]);
    expect((await stream.next('reset')).data).toEqual({ topic: 'objects', cluster: 'prod' });
    stream.close();
  });

  it.each([
    ['a viewer', 'viewer', 200],
    ['an operator', 'operator', 200],
  ] as const)('is open to %s', async (_sentence, role, status) => {
    const created = await api.ask('POST', '/api/v1/api-tokens', { body: { name: `stream-${role}`, role } });
    const stream = await listen('', { authorization: `Bearer ${created.json().token}` });
    expect(stream.status).toBe(status);
    stream.close();
  });

  it('is refused without a token, and for topics that do not exist', async () => {
    expect((await api.ask('GET', '/api/v1/stream', { token: null })).statusCode).toBe(401);
    const response = await api.ask('GET', '/api/v1/stream?topics=secrets');
    expect([response.statusCode, response.json().error.field]).toEqual([422, 'topics']);
  });
});
