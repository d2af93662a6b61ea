import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { IntentPort } from '@flotilla/hub/gateway/intent-port';
import { IntentExpiry } from '@flotilla/hub/intents/intent-expiry';
import { IntentResult_State } from '@flotilla/proto/flotilla/v1/intent';
import { startPostgres } from '../servers/postgres.js';
import type { Postgres } from '../servers/postgres.js';
import type { ApiHub } from './api-hub.js';
import { startApiHub } from './api-hub.js';
import { kustomization, seedCluster } from './api-seed.js';

const object = { kind: 'Kustomization', namespace: 'flux-system', name: 'apps' };
let postgres: Postgres;
let api: ApiHub;
let port: IntentPort;

beforeAll(async () => {
  postgres = await startPostgres();
  api = await startApiHub(postgres);
  port = api.hub.app.get(IntentPort, { strict: false });
});
afterAll(async () => {
  await api?.stop();
  await postgres?.stop();
});
beforeEach(async () => {
  await api.database.query('DELETE FROM clusters');
});

interface Intent {
  readonly id: string;
  readonly cluster: string;
  readonly state: string;
  readonly message: string;
}

async function create(body: object): Promise<readonly Intent[]> {
  const response = await api.ask('POST', '/api/v1/intents', {
    body: { object, action: 'reconcile', ...body },
  });
  expect(response.statusCode, response.body).toBe(202);
  return response.json().items;
}

async function read(id: string): Promise<Intent> {
  return (await api.ask('GET', `/api/v1/intents/${id}`)).json();
}

/** The agent is simulated by what the gateway would call for it. */
async function answer(clusterId: string, id: string, state: IntentResult_State, message = ''): Promise<void> {
  await port.record(clusterId, { id, state, message }, api.clock.now());
}

async function sweep(): Promise<void> {
  await api.hub.app.get(IntentExpiry, { strict: false }).sweep();
}

const apps = { objects: [kustomization('apps', 'aaaaaaa')] };

describe('an intent', () => {
  it('is made for every cluster that is named, and audited once', async () => {
    await seedCluster(api, { name: 'a', ...apps });
    await seedCluster(api, { name: 'b', ...apps });
    const intents = await create({ clusters: ['b', 'a'], withSource: true, ttlSeconds: 60 });
    expect(intents).toMatchObject([
      {
        cluster: 'a',
        action: 'reconcile',
        object,
        withSource: true,
        state: 'Pending',
        message: '',
        requestedBy: 'admin-from-environment',
      },
      { cluster: 'b', state: 'Pending' },
    ]);
    const expiresAt = new Date(api.clock.now().getTime() + 60_000).toISOString();
    expect(intents[0]).toMatchObject({ createdAt: api.clock.now().toISOString(), expiresAt });
    const [record] = (await api.ask('GET', '/api/v1/audit?action=intent.created&limit=1')).json().items;
    expect(record).toMatchObject({
      actor: 'admin-from-environment',
      target: 'Kustomization/flux-system/apps',
      details: { action: 'reconcile', clusters: ['a', 'b'], withSource: true, ttlSeconds: 60 },
    });
  });

  it('is made for every cluster that a selector chooses', async () => {
    await seedCluster(api, { name: 'a', labels: { env: 'prod' }, ...apps });
    await seedCluster(api, { name: 'b', labels: { env: 'dev' }, ...apps });
    expect((await create({ labelSelector: 'env=prod' })).map(({ cluster }) => cluster)).toEqual(['a']);
  });

  it('is not made at all when one of the names is unknown', async () => {
    await seedCluster(api, { name: 'a', ...apps });
    const body = { action: 'reconcile', object, clusters: ['a', 'nope'] };
    const response = await api.ask('POST', '/api/v1/intents', { body });
    expect([response.statusCode, response.json().error.message]).toEqual([
      404,
      'cluster "nope" does not exist',
    ]);
    expect((await api.ask('GET', '/api/v1/intents')).json().total).toBe(0);
  });

  it.each([
    ['a selector that chooses nothing', { labelSelector: 'env=none' }, 'labelSelector'],
    ['neither names nor selector', {}, 'clusters'],
    ['both', { clusters: ['a'], labelSelector: 'env=prod' }, 'clusters'],
    ['a suspend with its source', { action: 'suspend', clusters: ['a'], withSource: true }, 'withSource'],
    ['an unknown action', { action: 'delete', clusters: ['a'] }, 'action'],
    ['a manifest', { clusters: ['a'], manifest: {} }, 'manifest'],
    [
      'an object without a name',
      { clusters: ['a'], object: { kind: 'Kustomization', namespace: 'a' } },
      'object.name',
    ],
  ])('is not made from %s', async (_sentence, body, field) => {
    await seedCluster(api, { name: 'a', ...apps });
    const response = await api.ask('POST', '/api/v1/intents', {
      body: { action: 'reconcile', object, ...body },
    });
    expect([response.statusCode, response.json().error.field]).toEqual([422, field]);
  });

  it('is refused at once where it cannot be carried out', async () => {
    await seedCluster(api, { name: 'empty' });
    await seedCluster(api, { name: 'new', ageMs: null });
    await seedCluster(api, { name: 'ok', ...apps });
    await seedCluster(api, { name: 'revoked', ...apps });
    await api.ask('POST', '/api/v1/clusters/revoked/revoke', { body: { reason: 'stolen' } });
    const intents = await create({ clusters: ['empty', 'new', 'ok', 'revoked'] });
    expect(intents.map(({ cluster, state, message }) => [cluster, state, message])).toEqual([
      ['empty', 'Refused', 'Kustomization/flux-system/apps is not reported by cluster "empty"'],
      ['new', 'Refused', 'cluster "new": its agent has not reported yet'],
      ['ok', 'Pending', ''],
      ['revoked', 'Refused', 'cluster "revoked": its identity has been revoked'],
    ]);
  });
});

describe('the delivery of an intent', () => {
  it('carries the object as the cluster reports it', async () => {
    const id = await seedCluster(api, { name: 'a', ...apps });
    await create({ clusters: ['a'], withSource: true });
    await create({ clusters: ['a'], action: 'suspend' });
    const ref = { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', ...object };
    const actions = (await port.open(id)).map(({ action, requestedBy }) => [action, requestedBy]);
    expect(actions).toEqual([
      [{ $case: 'reconcile', value: { object: ref, withSource: true } }, 'admin-from-environment'],
      [{ $case: 'suspend', value: { object: ref } }, 'admin-from-environment'],
    ]);
  });

  it('is repeated until a final state is known', async () => {
    const clusterId = await seedCluster(api, { name: 'a', ...apps });
    const [intent] = await create({ clusters: ['a'] });
    const id = intent!.id;
    const isOpen = async () => (await port.open(clusterId)).length === 1;
    await port.delivered(clusterId, [id], api.clock.now());
    expect([(await read(id)).state, await isOpen()]).toEqual(['Delivered', true]);
    await answer(clusterId, id, IntentResult_State.STATE_ACCEPTED);
    await port.delivered(clusterId, [id], api.clock.now());
    expect([(await read(id)).state, await isOpen()]).toEqual(['Accepted', true]);
    await answer(clusterId, id, IntentResult_State.STATE_SUCCEEDED, 'applied revision main@sha1:aaaaaaa');
    expect([await read(id), await isOpen()]).toMatchObject([
      { state: 'Succeeded', message: 'applied revision main@sha1:aaaaaaa' },
      false,
    ]);
    await answer(clusterId, id, IntentResult_State.STATE_FAILED, 'again');
    expect((await read(id)).state).toBe('Succeeded');
  });

  it('takes answers only from its own cluster', async () => {
    await seedCluster(api, { name: 'a', ...apps });
    const other = await seedCluster(api, { name: 'b', ...apps });
    const [intent] = await create({ clusters: ['a'] });
    await answer(other, intent!.id, IntentResult_State.STATE_SUCCEEDED);
    expect((await read(intent!.id)).state).toBe('Pending');
  });

  it('never goes to a cluster that has been revoked since', async () => {
    const clusterId = await seedCluster(api, { name: 'a', ...apps });
    const [intent] = await create({ clusters: ['a'] });
    await api.ask('POST', '/api/v1/clusters/a/revoke', { body: { reason: 'stolen' } });
    expect(await port.open(clusterId)).toEqual([]);
    await sweep();
    expect(await read(intent!.id)).toMatchObject({
      state: 'Refused',
      message: 'the identity of the cluster has been revoked',
    });
  });

  it('ends when it expires, with what is known', async () => {
    const clusterId = await seedCluster(api, { name: 'a', ...apps });
    const [pending, delivered, accepted] = [
      (await create({ clusters: ['a'], ttlSeconds: 10 }))[0]!.id,
      (await create({ clusters: ['a'], ttlSeconds: 10 }))[0]!.id,
      (await create({ clusters: ['a'], ttlSeconds: 10 }))[0]!.id,
    ];
    await port.delivered(clusterId, [delivered, accepted], api.clock.now());
    await answer(clusterId, accepted, IntentResult_State.STATE_ACCEPTED);
    api.clock.advance(10_000);
    await sweep();
    expect(await read(pending)).toMatchObject({
      state: 'Expired',
      message: 'the cluster was not connected before it expired',
    });
    expect(await read(delivered)).toMatchObject({
      state: 'Expired',
      message: 'the agent did not answer before it expired',
    });
    expect((await read(accepted)).state).toBe('Accepted');
    expect((await port.open(clusterId)).map(({ id }) => id)).toEqual([accepted]);
    await answer(clusterId, delivered, IntentResult_State.STATE_SUCCEEDED, 'late, but done');
    expect(await read(delivered)).toMatchObject({ state: 'Succeeded', message: 'late, but done' });
    api.clock.advance(3_600_000);
    await sweep();
    expect(await read(accepted)).toMatchObject({
      state: 'Expired',
      message: 'the agent accepted it and never told the outcome',
    });
  });
});

describe('the list of intents', () => {
  it('is newest first and filtered', async () => {
    const clusterId = await seedCluster(api, { name: 'a', ...apps });
    await seedCluster(api, { name: 'b', ...apps });
    const [first] = await create({ clusters: ['a'] });
    const [second] = await create({ clusters: ['b'] });
    await answer(clusterId, first!.id, IntentResult_State.STATE_REFUSED, 'suspended');
    const ids = async (query: string) =>
      (await api.ask('GET', `/api/v1/intents?${query}`)).json().items.map(({ id }: Intent) => id);
    expect(await ids('')).toEqual([second!.id, first!.id]);
    expect(await ids('cluster=a')).toEqual([first!.id]);
    expect(await ids('state=Refused,Failed')).toEqual([first!.id]);
  });

  it('knows no intent that does not exist', async () => {
    expect((await api.ask('GET', '/api/v1/intents/nope')).statusCode).toBe(404);
  });
});
